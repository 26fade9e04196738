"""Every finished run is measured on its own images, and on those that all have in common."""

from math import isnan

import numpy as np
import pytest
from sklearn.metrics import f1_score
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, JobStatus, Split
from app.services import annotations, evaluations, evidence, run_history
from tests.factories import ProjectFactory
from tests.run_factory import World, make_run, make_world


def later(session: Session, world: World, number: int, splits: list[Split | None] | None = None) -> None:
    better = (0.5 * np.maximum(world.truth, 0) + 0.5 * world.probabilities).astype(np.float32)
    make_run(
        session,
        world.project,
        world.labels,
        world.images,
        splits or world.splits,
        world.truth,
        better,
        number=number,
        active=False,
    )


def test_figures_are_those_of_the_reports_and_of_scikit_learn(session: Session) -> None:
    world = make_world(session)
    fewer: list[Split | None] = [
        None if row >= 45 and row % 3 == 0 else split for row, split in enumerate(world.splits)
    ]
    later(session, world, 2, fewer)
    annotations.decide(
        session,
        project=world.project,
        image_id=world.images[0].id,
        account=world.reviewer,
        label_id=world.labels[0].id,
        answer=Answer.ABSENT if world.truth[0, 0] else Answer.PRESENT,
    )
    made = run_history.history(session, world.project.id)
    assert [point.run.number for point in made.points] == [1, 2]
    assert made.common_images == 15
    assert made.common_labels == tuple(label.name for label in world.labels)
    today = world.truth[:45:3].copy()
    today[0, 0] = 1 - today[0, 0]
    for point in made.points:
        assert point.own == evaluations.report(session, point.run).evaluation.macro.f1
        seen = evidence.load(session, point.run)
        wanted = f1_score(today, seen.predictions[:15], average="macro", zero_division=0)
        assert point.common == pytest.approx(wanted)
        assert (point.n_images, point.n_answers) == (60, 240)
    assert [point.own_images for point in made.points] == [20, 15]


def test_answers_are_counted_apart_from_images(session: Session) -> None:
    world = make_world(session, unknown=0.3)
    (point,) = run_history.history(session, world.project.id).points
    assert point.n_answers == (world.truth >= 0).sum()
    assert point.n_images == (world.truth >= 0).any(axis=1).sum()


def test_runs_without_a_common_image_show_their_own_figures(session: Session) -> None:
    world = make_world(session)
    later(session, world, 2, [Split.VALIDATION if row % 3 == 1 else Split.TRAIN for row in range(60)])
    made = run_history.history(session, world.project.id)
    assert made.common_images == 0
    assert all(isnan(point.common) and not isnan(point.own) for point in made.points)
    assert run_history.to_rows(made)[0]["macro_f1_common"] is None


def test_unfinished_runs_and_the_oldest_of_very_many_are_left_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(session, n=24)
    for number in (2, 3):
        later(session, world, number)
    world.run.job.status = JobStatus.FAILED
    session.flush()
    assert [point.run.number for point in run_history.history(session, world.project.id).points] == [2, 3]
    monkeypatch.setattr(run_history, "MOST_RUNS", 1)
    made = run_history.history(session, world.project.id)
    assert ([point.run.number for point in made.points], made.left_out) == ([3], 1)


def test_a_project_without_runs_has_no_history(session: Session) -> None:
    assert run_history.history(session, ProjectFactory.create(session=session).id).points == ()
