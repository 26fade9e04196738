"""A run's learning curve is asked for once at a time, kept with it, and read in words."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.learning_curves import DRAWS, SHARES, Trend
from app.domain.statuses import JobKind, JobStatus
from app.errors import ConflictError
from app.models import Run
from app.services import learning_curves
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    return make_world(session)


def figures(run: Run, gains: list[float | None], images: int = 200) -> dict[str, Any]:
    """Make figures in which each label gains so much for twice as many images; None is undefined."""
    draws = []
    for share in SHARES:
        for turn in range(DRAWS if share < 1 else 1):
            place, wobble = SHARES.index(share) - len(SHARES) + 1, 0.001 * (turn % 2)
            values = [None if gain is None else 0.8 + gain * place + wobble for gain in gains]
            known = [value for value in values if value is not None]
            mean = sum(known) / len(known) if known else None
            draws.append(
                {
                    "images": round(share * images),
                    "share": share,
                    "average_precision": values,
                    "f1": values,
                    "macro_average_precision": mean,
                    "macro_f1": mean,
                }
            )
    return {"backbone": "net", "own_features": True, "n_train": images, "n_validation": 90, "draws": draws}


def test_asking_twice_makes_one_job(session: Session, world: World, sent: list[tuple[str, int]]) -> None:
    first = learning_curves.request(session, world.run, world.lead)
    assert learning_curves.request(session, world.run, world.lead).id == first.id
    assert (first.kind, first.params) == (JobKind.LEARNING_CURVE, {"run_id": world.run.id})
    session.commit()
    assert sent == [("loupe.learning_curve", first.id)]
    assert learning_curves.latest_job(session, world.run) == first
    first.status = JobStatus.SUCCEEDED
    session.flush()
    assert learning_curves.open_job(session, world.run) is None
    assert learning_curves.request(session, world.run, None).id != first.id


def test_a_run_without_a_checkpoint_is_refused(session: Session, world: World) -> None:
    world.run.checkpoint = None
    with pytest.raises(ConflictError, match="no checkpoint"):
        learning_curves.request(session, world.run, world.lead)


def test_nobody_has_asked_yet(world: World) -> None:
    assert learning_curves.curve_of(world.run) is None


def test_what_is_kept_is_read_in_words(session: Session, world: World) -> None:
    learning_curves.keep(session, world.run.id, figures(world.run, [0.05, 0.0, None, -0.02]))
    session.commit()
    made = learning_curves.curve_of(session.get_one(Run, world.run.id))
    assert made is not None
    assert [label.slope.trend for label in made.labels] == [Trend.HELPS, Trend.LEVEL, Trend.UNKNOWN, Trend.LEVEL]
    assert [label.name for label in made.of(Trend.HELPS)] == ["animal"]
    assert made.labels[0].sentence.startswith("More images would help “animal”: twice as many brought ")
    assert "“human” has levelled off" in made.labels[1].sentence
    assert "“human-structure” cannot be measured" in made.labels[2].sentence
    first, *_more, last = made.labels[0].points["average_precision"]
    assert (first.images, first.draws, last.images, last.draws) == (20, DRAWS, 200, 1)
    assert first.low <= first.mean <= first.high
    assert "on the whole" in made.macro.sentence


def test_the_table_has_a_row_for_each_label_measure_and_size(session: Session, world: World) -> None:
    learning_curves.keep(session, world.run.id, figures(world.run, [0.05, 0.0, None, -0.02]))
    made = learning_curves.curve_of(world.run)
    assert made is not None
    rows = list(learning_curves.to_rows(made))
    assert len(rows) == 5 * 2 * len(SHARES)
    assert {row["label"] for row in rows} == {"", "animal", "human", "human-structure", "landscape"}
    assert all(row["mean"] is None for row in rows if row["label"] == "human-structure")
