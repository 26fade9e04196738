"""Several runs stand in one table, each against the first chosen."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.errors import InvalidInputError
from app.services import comparisons, run_tables
from app.services.comparisons import TruthChoice
from tests.run_factory import World, make_run, make_world


@pytest.fixture
def world(session: Session) -> World:
    made = make_world(session)
    for number in (2, 3):
        share = 0.25 * number
        better = (share * np.maximum(made.truth, 0) + (1 - share) * made.probabilities).astype(np.float32)
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


@pytest.mark.parametrize("truth", list(TruthChoice))
def test_each_column_says_what_comparing_it_alone_says(session: Session, world: World, truth: TruthChoice) -> None:
    made = run_tables.table(session, world.project.id, [1, 2, 3], truth)
    assert made.base.number == 1
    assert made.n_images == len(world.rows(Split.VALIDATION))
    for place, number in ((1, 2), (2, 3)):
        pair, column = comparisons.side_by_side(session, world.project.id, (1, number), truth), made.columns[place]
        assert (column.macro_f1.before, column.macro_f1.after) == (pair.macro_f1.before, pair.macro_f1.after)
        assert [delta.change for delta in column.f1] == [label.f1.change for label in pair.labels]
        assert column.average_precision[0].after == pair.labels[0].average_precision.after
        assert made.support == tuple(label.support for label in pair.labels)
    assert all(delta.change == 0 for delta in made.columns[0].f1)
    assert made.columns[2].macro_f1.is_clear


def test_the_first_chosen_is_the_base(session: Session, world: World) -> None:
    made = run_tables.table(session, world.project.id, [3, 1, 2, 3])
    assert [column.run.number for column in made.columns] == [3, 1, 2]
    assert made.columns[1].macro_f1.change < 0


def test_labels_that_not_all_know_are_named(session: Session, world: World) -> None:
    make_run(
        session,
        world.project,
        world.labels[:2],
        world.images,
        world.splits,
        world.truth[:, :2],
        world.probabilities[:, :2],
        number=4,
        active=False,
    )
    made = run_tables.table(session, world.project.id, [1, 2, 4])
    assert [label.name for label in made.labels] == ["animal", "human"]
    assert made.not_common == ("human-structure", "landscape")


@pytest.mark.parametrize("numbers", [[], [1], [2, 2], list(range(1, 10))])
def test_too_few_and_too_many_are_refused(session: Session, world: World, numbers: list[int]) -> None:
    with pytest.raises(InvalidInputError, match="two to 8"):
        run_tables.table(session, world.project.id, numbers)
