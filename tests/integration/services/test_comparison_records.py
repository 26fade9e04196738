"""Comparisons become records and rows that hold what the pages show."""

import json
from math import isnan

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.services import comparison_records, comparisons, run_tables
from tests.run_factory import World, make_run, make_world


@pytest.fixture
def world(session: Session) -> World:
    made = make_world(session, unknown=0.1)
    for number in (2, 3):
        better = np.clip(made.probabilities + 0.1 * number * (made.truth - 0.5), 0, 1).astype(np.float32)
        make_run(
            session,
            made.project,
            made.labels,
            made.images,
            made.splits,
            made.truth,
            better,
            number=number,
            active=False,
        )
    return made


def test_a_pair_is_told_in_full(session: Session, world: World) -> None:
    made = comparisons.side_by_side(session, world.project.id, (1, 2))
    told = json.loads(json.dumps(comparison_records.of_pair(made), allow_nan=False))
    assert told["runs"] == [1, 2]
    assert told["macro_f1"]["change"] == made.macro_f1.change
    assert told["macro_f1"]["interval"] == list(made.macro_f1.interval)
    assert told["macro_f1_split"]["model"]["change"] == made.split.model.change
    assert told["labels"][1]["fixed"] == made.labels[1].n_fixed
    overall = made.largest[1].overall
    assert overall is not None
    assert told["largest_loss"]["after"]["overall"]["image"] == overall.image.name
    assert told["looked_at"] == {"images": 0, "verdicts": 0, "relabelled": 0, "relabelled_images": 0}


def test_rows_hold_every_figure_of_a_pair(session: Session, world: World) -> None:
    made = comparisons.side_by_side(session, world.project.id, (1, 2))
    rows = comparison_records.rows(comparison_records.of_pair(made))
    assert len(rows) == 4 * 4 + 3
    row = rows[2]
    assert (row["label"], row["figure"], row["run_before"], row["run_after"]) == ("animal", "f1", 1, 2)
    delta = made.labels[0].f1
    assert (row["before"], row["after"], row["change"]) == (delta.before, delta.after, delta.change)
    assert (row["change_low"], row["change_high"]) == tuple(delta.interval)
    assert rows[-3]["label"] == "[macro_f1]"


def test_rows_of_several_runs_leave_the_first_out(session: Session, world: World) -> None:
    made = run_tables.table(session, world.project.id, [2, 1, 3])
    record = comparison_records.of_table(made)
    assert json.loads(json.dumps(record, allow_nan=False))["base"] == 2
    rows = comparison_records.rows(record)
    assert {(row["run_before"], row["run_after"]) for row in rows} == {(2, 1), (2, 3)}
    assert len(rows) == 2 * (4 * 4 + 3)
    assert rows[0]["after"] == made.columns[1].precision[0].after
    assert not isnan(rows[0]["after"])


def test_what_is_undefined_is_none(session: Session) -> None:
    world = make_world(session, n=24)
    world.truth[:, 0] = -1
    for number in (2, 3):
        make_run(
            session,
            world.project,
            world.labels,
            world.images,
            world.splits,
            world.truth,
            world.probabilities,
            number=number,
            active=False,
        )
    made = comparisons.side_by_side(session, world.project.id, (2, 3), comparisons.TruthChoice.NEWER)
    (row, *_rest) = comparison_records.rows(comparison_records.of_pair(made))
    assert (row["before"], row["change"], row["change_low"], row["clear"]) == (None, None, None, False)
