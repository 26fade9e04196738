"""Making a run's learning curve from the features in the cache."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.db import session_scope
from app.domain.statuses import Recipe, Split
from app.errors import Cancelled, InvalidInputError
from app.i18n import gettext as _
from app.models import Image, Job, Project, Run
from app.services import learning_curves, snapshots, split_choices, split_plans
from app.services.snapshots import TruthMatrix
from app.storage import get_storage
from worker.jobs.networks import frozen_network
from worker.jobs.pixels import items_of
from worker.jobs.recording import stage_sentence
from worker.ml import callbacks
from worker.ml.callbacks import Monitor
from worker.ml.embeddings import EmbeddingCache, Features, embed
from worker.ml.learning_curve import CurveData, Measured, learning_curve
from worker.running import Progress

Groups = npt.NDArray[np.intp]


def work(progress: Progress) -> None:
    """Make the learning curve of the run that the job names."""
    with session_scope(writes=False) as session:
        run = session.get_one(Run, session.get_one(Job, progress.job_id).params["run_id"])
        images, seen = snapshots.images_of(session, run), snapshots.truth_matrix(session, run)
        choice = split_choices.choice_of(session.get_one(Project, run.project_id))
    try:
        figures = _figures(progress, run, images, seen, split_plans.groups_among(images, choice))
    except callbacks.Cancelled as error:
        raise Cancelled from error
    progress.at_success(lambda session: learning_curves.keep(session, run.id, figures))


def look(progress: Progress, run: Run, images: Sequence[Image]) -> tuple[Features, str]:
    """Give what the frozen network of a run sees in images, float32 [n, d], and the network's name."""
    storage = get_storage()
    items = items_of(images, storage, progress)
    network = frozen_network(run, storage)
    monitor = _monitor(progress)
    cache = EmbeddingCache(storage.embeddings)
    return embed(items, network, cache, monitor.on_progress, monitor.should_cancel), network.name


def _figures(
    progress: Progress, run: Run, images: Sequence[Image], seen: TruthMatrix, groups: Groups
) -> dict[str, Any]:
    sides = [
        np.flatnonzero((seen.truth >= 0).any(axis=1) & np.array([split is wanted for split in seen.splits], dtype=bool))
        for wanted in (Split.TRAIN, Split.VALIDATION)
    ]
    train, valid = sides
    if not len(train) or not len(valid):
        raise InvalidInputError(_("This run has no training or no validation images left to measure with."))
    features, name = look(progress, run, images)
    progress(_("Learning from parts of the training images"), 0, 0)
    data = CurveData(
        features[train],
        seen.truth[train],
        groups[train].tolist(),
        features[valid],
        seen.truth[valid],
        run.labelling,
        run.config.get("class_weights") == "balanced",
    )
    measured = learning_curve(data, seed=run.seed, monitor=_monitor(progress))
    return {
        "backbone": name,
        "own_features": run.recipe is Recipe.QUICK,
        "n_train": len(train),
        "n_validation": len(valid),
        "draws": _lines(measured),
    }


def _monitor(progress: Progress) -> Monitor:
    def tell(report: callbacks.Progress) -> None:
        curve = report.stage is callbacks.Stage.HEAD
        stage = _("Learning from parts of the training images") if curve else stage_sentence(report.stage)
        progress(stage, report.done, report.total)

    return Monitor(tell, progress.should_stop)


def _lines(measured: Measured) -> list[dict[str, Any]]:
    """Give a line for each draw, as JSON takes it."""
    names = ("average_precision", "f1", "macro_average_precision", "macro_f1")
    return [
        {
            "images": int(measured.images[row]),
            "share": float(measured.shares[row]),
            **{name: _plain(getattr(measured, name)[row].tolist()) for name in names},
        }
        for row in range(len(measured.images))
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if np.isnan(value) else round(value, 5)
