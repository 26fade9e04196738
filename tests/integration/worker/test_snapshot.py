"""The splits that a run's snapshot gives, by the project's way of dividing."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import Recipe, Split, SplitMethod
from app.models import Image, Project
from app.services import labels, runs, split_choices, split_plans, split_resets
from app.storage import get_storage
from tests.integration.trainable import make_project
from worker.jobs import snapshot
from worker.jobs.snapshot import Snapshot


@pytest.fixture
def project(session: Session, tmp_path: Path, sent: object) -> Project:
    """Twenty-four tagged images of eight boxes and three that nobody tagged; two boxes share a near-duplicate."""
    made = make_project(session, tmp_path / "pictures")
    for place, image in enumerate(session.query(Image).order_by(Image.id)):
        image.details = {"box": str(place // 3), "split": "valid" if place % 2 else "train"}
        image.group_key = "near-2" if place in {2, 3} else None
    session.commit()
    return made


def take(project: Project, method: SplitMethod, detail: str = "") -> Snapshot:
    with session_scope() as session:
        row = session.get_one(Project, project.id)
        row.split_method, row.split_detail = method, detail
        run = runs.start_run(session, row, recipe=Recipe.QUICK, account=None)
    return snapshot.take(run.id, get_storage())


def test_boxes_stay_together_with_what_is_nearly_the_same(project: Project) -> None:
    taken = take(project, SplitMethod.GROUPED, "box")
    by_box: dict[str, set[Split | None]] = {}
    for image, split in zip(taken.images[:24], taken.splits, strict=False):
        by_box.setdefault(image.details["box"], set()).add(split)
    assert all(len(found) == 1 for found in by_box.values())
    assert by_box["0"] == by_box["1"]
    assert {Split.TRAIN, Split.VALIDATION} == set().union(*by_box.values())
    assert taken.groups[0] == taken.groups[5] != taken.groups[6]
    assert taken.splits[24:] == (None, None, None)


def test_a_column_divides_and_a_near_duplicate_follows_its_twin(project: Project) -> None:
    taken = take(project, SplitMethod.COLUMN, "split")
    expected = [Split.VALIDATION if place % 2 else Split.TRAIN for place in range(24)]
    expected[3] = Split.TRAIN
    assert list(taken.splits[:24]) == expected
    assert len(set(taken.groups)) == 26


@pytest.mark.parametrize("method", list(SplitMethod))
def test_what_a_preview_promises_a_snapshot_keeps(project: Project, method: SplitMethod) -> None:
    detail = {SplitMethod.GROUPED: "box", SplitMethod.COLUMN: "split"}.get(method, "")
    with session_scope() as session:
        row = session.get_one(Project, project.id)
        row.split_method, row.split_detail = method, detail
    with session_scope(writes=False) as session:
        choice = split_choices.choice_of(session.get_one(Project, project.id))
        seen = split_plans.read(session, project.id, labels.live_labels(session, project.id), choice)
    promised = dict(zip(seen.ids.tolist(), split_plans.divide(seen, choice), strict=True))
    taken = take(project, method, detail)
    assert dict(zip([image.id for image in taken.images], taken.splits, strict=True)) == promised
    with session_scope(writes=False) as session:
        assert {image.id: image.split for image in session.query(Image)} == promised


def test_after_all_splits_were_taken_back_a_snapshot_gives_new_ones(project: Project) -> None:
    first = take(project, SplitMethod.STRATIFIED)
    with session_scope() as session:
        run = runs.open_run(session, project.id)
        assert run is not None
        runs.cancel_run(session, run)
        row = session.get_one(Project, project.id)
        split_resets.forget_splits(session, row)
        row.seed = 7
    second = take(project, SplitMethod.RANDOM)
    assert second.splits.count(Split.VALIDATION) == first.splits.count(Split.VALIDATION) == 7
    assert second.splits != first.splits
