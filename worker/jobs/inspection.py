"""Inspecting a run: which answers look wrong, which images are alike, and which are like no others.

It follows every training by itself and can be repeated; nothing of it counts before all of it is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.label_errors import combined, neighbour_shares
from app.domain.matrices import Cells, Floats
from app.errors import Cancelled, ConflictError
from app.i18n import gettext as _
from app.models import Image, Job, Project, Run
from app.services import inspections, snapshots, split_choices, split_plans
from app.services.inspections import Findings
from app.services.predictions import probability_matrix
from app.storage import get_storage
from worker.jobs.networks import frozen_network
from worker.jobs.pixels import items_of
from worker.jobs.recording import stage_sentence
from worker.jobs.snapshot import BATCH
from worker.ml import callbacks
from worker.ml.callbacks import Monitor
from worker.ml.embeddings import EmbeddingCache, Features, embed
from worker.ml.head import HeadConfig, fit_head
from worker.ml.neighbours import NOBODY, Nearest, directions, nearest
from worker.running import Progress

# As many as fit beside an image on a laptop's screen.
SHOWN = 12
# Measured on two collections (decision 0019): with fewer the votes are noisy, with more they come from afar.
VOTERS = 20
# So many are looked for that the voters are complete although near-duplicates of the image are left out.
LOOKED_FOR = 32


@dataclass(frozen=True, eq=False)
class Seen:
    """Hold what a run knew and says: row i of everything belongs to `images[i]`."""

    run: Run
    images: tuple[Image, ...]
    truth: Cells
    # float64 [n, L], NaN where the model has learned from the image.
    probabilities: Floats
    # int [n]: what stays together wherever images are divided, by the project's way of dividing.
    groups: npt.NDArray[np.intp]

    @property
    def near_alike(self) -> list[str]:
        """Name the near-duplicates of every image; an image without any is named by itself."""
        return [image.group_key or f"image {image.id}" for image in self.images]


def work(progress: Progress) -> None:
    """Inspect the run that the job names."""
    progress.give_way()
    with session_scope() as session:
        run = session.get_one(Run, session.get_one(Job, progress.job_id).params["run_id"])
        inspections.forget(session, run.id)
    try:
        _inspect(progress, run)
    except BaseException as error:
        with session_scope() as session:
            inspections.forget(session, run.id)
        if isinstance(error, callbacks.Cancelled):
            raise Cancelled from error
        raise


def look_up(session: Session, run: Run) -> Seen:
    """Read what a run knew and says of all its annotated images."""
    snapshot = snapshots.truth_matrix(session, run)
    said = probability_matrix(session, run, snapshot.image_ids.tolist())
    if len(said.image_ids) != len(snapshot.image_ids):
        raise ConflictError(_("Some predictions of run %(number)s are missing.") % {"number": run.number})
    by_id = {image.id: image for image in snapshots.images_of(session, run)}
    images = tuple(by_id[each] for each in snapshot.image_ids.tolist())
    probabilities = np.where(said.held_out[:, None], said.probabilities, np.nan)
    choice = split_choices.choice_of(session.get_one(Project, run.project_id))
    return Seen(run, images, snapshot.truth, probabilities, split_plans.groups_among(images, choice))


def judge_anew(seen: Seen, features: Features, monitor: Monitor) -> Floats:
    """Return probabilities, float64 [n, L], in which the images the model has learned from are judged by another one.

    That is a head on the features, of which each part was fitted without the images it judges.
    """
    learned = np.asarray(np.isnan(seen.probabilities).any(axis=1) & (seen.truth >= 0).any(axis=1))
    if not learned.any():
        return seen.probabilities
    groups = seen.groups[learned].tolist()
    config = HeadConfig(labelling=seen.run.labelling)
    fit = fit_head(features[learned], seen.truth[learned], groups, seed=seen.run.seed, monitor=monitor, config=config)
    probabilities = seen.probabilities.copy()
    if fit.is_out_of_fold:
        probabilities[learned] = fit.out_of_fold
    return probabilities


def _inspect(progress: Progress, run: Run) -> None:
    with session_scope(writes=False) as session:
        seen = look_up(session, run)
    features = _features(progress, seen)
    progress.give_way()
    monitor = Monitor(should_cancel=progress.should_stop)
    probabilities = judge_anew(seen, features, monitor)
    found = nearest(directions(features), LOOKED_FOR, lambda done, total: _say(progress, done, total))
    del features
    # Two pictures of one box may show different things: only near-duplicates have nothing new to say to each other.
    others = found.outside(seen.near_alike, VOTERS)
    both = combined(probabilities, neighbour_shares(seen.truth, others.rows, others.similarities))
    progress.give_way()
    progress(_("Looking for doubtful answers"), 0, 0)
    # cleanlab takes a second to load, which a worker that only trains should not spend.
    label_errors = import_module("worker.ml.label_errors")
    quality = label_errors.label_quality(seen.truth, both)
    estimated = label_errors.estimated_errors(seen.truth, both)
    ids = np.array([image.id for image in seen.images], dtype=np.int64)
    _write(progress, run, Findings(ids, quality, others.distances()), found.first(SHOWN))
    figures = {
        "estimated": {str(label["id"]): n for label, n in zip(run.labels, estimated, strict=True)},
        "n_images": len(ids),
        "judged_anew": int(np.isnan(seen.probabilities).any(axis=1).sum()),
    }
    progress.at_success(_conclusion(run.id, figures))


def _say(progress: Progress, done: int, total: int) -> None:
    """Tell how many images are compared, and stop where somebody else needs the worker."""
    progress.give_way()
    progress(_("Comparing the images"), done, total)


def _features(progress: Progress, seen: Seen) -> Features:
    """Give what a frozen network sees: the run's own one, or for a trained network the one that is always there."""
    storage = get_storage()
    items = items_of(seen.images, storage, progress)
    backbone = frozen_network(seen.run, storage)
    return embed(
        items,
        backbone,
        EmbeddingCache(storage.embeddings),
        lambda report: progress(stage_sentence(report.stage), report.done, report.total),
        progress.should_stop,
    )


def _write(progress: Progress, run: Run, found: Findings, near: Nearest) -> None:
    ids: npt.NDArray[np.int64] = found.image_ids
    stage = _("Writing down what was found")
    for start in range(0, len(ids), BATCH):
        progress.check()
        part = slice(start, start + BATCH)
        there = [rows != NOBODY for rows in near.rows[part]]
        neighbours = [ids[rows[each]] for rows, each in zip(near.rows[part], there, strict=True)]
        alike = [row[each] for row, each in zip(near.similarities[part], there, strict=True)]
        piece = Findings(ids[part], found.quality[part], found.outlier[part])
        with session_scope() as session:
            inspections.write(session, run.id, piece, neighbours, alike)
        progress(stage, min(start + BATCH, len(ids)), len(ids))


def _conclusion(run_id: int, figures: dict[str, Any]) -> Callable[[Session], None]:
    def conclude(session: Session) -> None:
        inspections.complete(session, run_id, figures)

    return conclude
