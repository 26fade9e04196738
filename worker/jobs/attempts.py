"""What an earlier attempt at a run has left: its snapshot, its half-written files, and the state to go on from."""

import shutil

import numpy as np

from app.db import session_scope
from app.domain.matrices import UNKNOWN
from app.models import Project, Run
from app.services import run_attempts, snapshots, split_choices, split_plans
from app.services.predictions import forget_predictions
from app.storage import Storage
from worker.jobs.snapshot import Snapshot, check_files, take


def snapshot_of(run_id: int, storage: Storage) -> Snapshot:
    """Give the snapshot that an earlier attempt kept, else take one: people go on tagging while a run trains."""
    with session_scope(writes=False) as session:
        kept = run_attempts.has_snapshot(session.get_one(Run, run_id))
    if kept:
        return _again(run_id, storage)
    with session_scope() as session:
        run_attempts.forget_snapshot(session, session.get_one(Run, run_id))
    taken = take(run_id, storage)
    with session_scope() as session:
        run_attempts.mark_snapshot(session.get_one(Run, run_id))
    return taken


def clear(run_id: int, storage: Storage) -> None:
    """Remove what an attempt at a run has half written: no attempt but the one that asks is alive."""
    for folder in (storage.checkpoints / str(run_id), storage.activation_maps(run_id), storage.model_files(run_id)):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in storage.checkpoints.glob(f".finetune-{run_id}-*"):
        shutil.rmtree(folder, ignore_errors=True)
    with session_scope() as session:
        forget_predictions(session, run_id)


def clear_unfinished(storage: Storage) -> None:
    """Remove what is kept of runs that nobody will go on with."""
    root = storage.unfinished(0).parent
    folders = [folder for folder in root.glob("*") if folder.name.isdecimal()]
    with session_scope(writes=False) as session:
        wanted = run_attempts.open_runs(session, [int(folder.name) for folder in folders])
    for folder in folders:
        if int(folder.name) not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def _again(run_id: int, storage: Storage) -> Snapshot:
    """Read a snapshot back; images that came later are predicted, and learned from by the next run."""
    with session_scope(writes=False) as session:
        run = session.get_one(Run, run_id)
        known = snapshots.truth_matrix(session, run)
        images = {image.id: image for image in snapshots.collect(session, run.project_id).images}
        images |= {image.id: image for image in snapshots.images_of(session, run)}
        choice = split_choices.choice_of(session.get_one(Project, run.project_id))
    ordered = [images[number] for number in sorted(images)]
    check_files(ordered, storage)
    rows = known.rows()
    truth = np.full((len(ordered), len(run.labels)), UNKNOWN, dtype=np.int8)
    splits = [image.split for image in ordered]
    for place, image in enumerate(ordered):
        row = rows.get(image.id)
        if row is not None:
            truth[place], splits[place] = known.truth[row], known.splits[row]
    material = split_plans.material_of(ordered, truth, choice)
    return Snapshot(
        run_id=run_id,
        project_id=run.project_id,
        seed=run.seed,
        label_ids=tuple(label["id"] for label in run.labels),
        label_names=tuple(label["name"] for label in run.labels),
        images=tuple(ordered),
        splits=tuple(splits),
        truth=truth,
        groups=tuple(split_plans.groups_of(material, choice).tolist()),
    )
