"""What a run knew."""

from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind, Recipe, Split, TruthValue
from app.models import Image, Label, Run, Truth
from app.services import jobs, snapshots
from tests.integration.trainable import make_project


def test_the_ground_truth_is_read_with_unknown_and_disputed_masked(session: Session, tmp_path: Path) -> None:
    project = make_project(session, tmp_path, tagged=4, untagged=1)
    truth = session.scalars(select(Truth).order_by(Truth.image_id, Truth.label_id)).first()
    assert truth is not None
    truth.value = TruthValue.DISPUTED
    session.flush()
    seen = snapshots.collect(session, project.id)
    assert seen.truth.tolist() == [[-1, 0], [1, 0], [0, 1], [1, 1], [-1, -1]]


def test_excluded_images_and_removed_labels_are_not_seen(session: Session, tmp_path: Path) -> None:
    project = make_project(session, tmp_path, tagged=4, untagged=0)
    image, label = session.scalars(select(Image)).first(), session.scalars(select(Label)).first()
    assert image is not None
    assert label is not None
    image.excluded_at, label.removed_at = image.created_at, label.created_at
    session.flush()
    seen = snapshots.collect(session, project.id)
    assert seen.truth.shape == (3, 1)
    assert image.id not in [each.id for each in seen.images]


def test_a_split_given_before_is_not_overwritten(session: Session, tmp_path: Path) -> None:
    make_project(session, tmp_path, tagged=2, untagged=0)
    first, second = session.scalars(select(Image).order_by(Image.id)).all()
    first.split = Split.TEST
    session.flush()
    snapshots.give_splits(session, {first.id: Split.TRAIN, second.id: Split.VALIDATION})
    session.expire_all()
    assert (first.split, second.split) == (Split.TEST, Split.VALIDATION)


def test_a_snapshot_is_read_as_it_was_written(session: Session, sent: list[tuple[str, int]], tmp_path: Path) -> None:
    project = make_project(session, tmp_path, tagged=3, untagged=0)
    seen = snapshots.collect(session, project.id)
    job = jobs.create_job(session, JobKind.TRAIN, project_id=project.id)
    run = Run(project_id=project.id, number=1, job_id=job.id, recipe=Recipe.QUICK, seed=1)
    run.labels = snapshots.describe_labels(seen.labels)
    session.add(run)
    session.flush()
    ids = [image.id for image in seen.images]
    splits = [Split.TRAIN, Split.VALIDATION, None]
    snapshots.write_items(session, run.id, ids, splits, seen.truth)
    kept = snapshots.truth_matrix(session, run)
    assert kept.image_ids.tolist() == ids
    assert kept.splits == tuple(splits)
    assert np.array_equal(kept.truth, seen.truth)
    assert kept.of(Split.VALIDATION).image_ids.tolist() == [ids[1]]
    assert kept.of(Split.TEST).truth.shape == (0, 2)
