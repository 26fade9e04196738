"""Training a run from its snapshot to its report: everything is written first, then it counts."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.config import get_settings
from app.db import session_scope
from app.domain.statuses import Labelling, Recipe, Split
from app.domain.thresholds import F1
from app.errors import Cancelled
from app.i18n import gettext as _
from app.models import Job, Run
from app.services import inspections, measurements, runs
from app.services.measurements import LabelRanking
from app.services.predictions import STORED, forget_predictions, write_predictions
from app.services.thresholds import keep_tuned
from app.storage import Storage, get_storage
from worker import hardware, running
from worker.jobs import attempts
from worker.jobs.evaluation import Measured, measure
from worker.jobs.pixels import items_of
from worker.jobs.recording import Recorder
from worker.jobs.snapshot import BATCH, Snapshot
from worker.ml import callbacks
from worker.ml.callbacks import OnEpoch, OnProgress, ShouldCancel
from worker.ml.train import Places, QuickConfig, TrainData, TrainResult, train_quick
from worker.ml.whole import summary_of
from worker.running import Progress

log = logging.getLogger(__name__)


class Trainer(Protocol):
    """What trains by one recipe: data, configuration and callbacks in, values out."""

    def __call__(
        self,
        data: TrainData,
        places: Places,
        config: Mapping[str, Any],
        on_progress: OnProgress,
        on_epoch: OnEpoch,
        should_cancel: ShouldCancel,
    ) -> TrainResult:
        """Train."""
        ...


def quick(
    data: TrainData,
    places: Places,
    config: Mapping[str, Any],
    on_progress: OnProgress,
    on_epoch: OnEpoch,
    should_cancel: ShouldCancel,
) -> TrainResult:
    """Train by the quick recipe."""
    return summarised(train_quick(data, places, QuickConfig(**config), on_progress, on_epoch, should_cancel))


def finetune(
    data: TrainData,
    places: Places,
    config: Mapping[str, Any],
    on_progress: OnProgress,
    on_epoch: OnEpoch,
    should_cancel: ShouldCancel,
) -> TrainResult:
    """Train by the finetune recipe."""
    # fastai takes seconds to load, which a worker that only trains quickly should not spend.
    module = import_module("worker.ml.finetune")
    result: TrainResult = module.train_finetune(
        data, places, module.FinetuneConfig(**config), on_progress, on_epoch, should_cancel
    )
    return summarised(result)


def summarised(result: TrainResult) -> TrainResult:
    """Add the list of layers; the model is done, and a network that cannot be listed does not take it away."""
    try:
        return replace(result, summary=summary_of(result.checkpoint))
    except Exception as error:  # any network may be named, and each has ways of its own
        log.exception("the layers of %s could not be listed", result.checkpoint)
        note = _("The layers of this network could not be listed (%(kind)s). The model itself is whole.")
        return replace(result, notes=[*result.notes, note % {"kind": type(error).__name__}])


TRAINERS: Mapping[Recipe, Trainer] = {Recipe.QUICK: quick, Recipe.FINETUNE: finetune}


def work(progress: Progress, trainers: Mapping[Recipe, Trainer] = TRAINERS) -> None:
    """Train the run that the job names."""
    storage = get_storage()
    with session_scope(writes=False) as session:
        run = session.get_one(Run, session.get_one(Job, progress.job_id).params["run_id"])
    checkpoint = storage.checkpoints / str(run.id)
    # The claim makes this the only attempt: what is there is left over from a worker that was lost, from a deleted run
    # of the same number, which SQLite gives again, or from another database.
    attempts.clear(run.id, storage)
    attempts.clear_unfinished(storage)
    try:
        _train(progress, run, storage, checkpoint, trainers[run.recipe])
    except BaseException as error:
        _clear(run.id, checkpoint)
        # A worker that is told to end gives the run back, and another one goes on with it.
        if isinstance(error, Exception) and not running.stopping.is_set():
            shutil.rmtree(storage.unfinished(run.id), ignore_errors=True)
        # Libraries between a callback and here wrap what it raises: whatever ends a cancelled run, it was cancelled.
        if isinstance(error, callbacks.Cancelled) or (isinstance(error, Exception) and progress.should_stop()):
            raise Cancelled from error
        raise


def _train(progress: Progress, run: Run, storage: Storage, checkpoint: Path, trainer: Trainer) -> None:
    progress(_("Looking through the project"), 0, 0)
    snapshot = attempts.snapshot_of(run.id, storage)
    progress.check()
    present = (snapshot.truth[snapshot.rows(Split.VALIDATION)] == 1).sum(axis=0).tolist()
    recorder = Recorder(run.id, run.config, progress, present)
    data = TrainData(
        items=items_of(snapshot.images, storage, progress),
        labels=snapshot.label_names,
        truth=snapshot.truth,
        splits=snapshot.splits,
        groups=snapshot.groups,
        labelling=run.labelling,
    )
    unfinished = storage.unfinished(run.id)
    places = Places(
        checkpoint,
        storage.backbones,
        storage.embeddings,
        get_settings().device,
        unfinished=unfinished,
        parent=_parent(run, storage),
    )
    config = {**run.config, "seed": run.seed}
    result = trainer(data, places, config, recorder.on_progress, recorder.on_epoch, progress.should_stop)
    recorder.close()
    finish(progress, snapshot, result, run.labelling)
    progress.at_success(lambda _session: shutil.rmtree(unfinished, ignore_errors=True))


def _parent(run: Run, storage: Storage) -> Path | None:
    """Return the checkpoint of the run that this one goes on from."""
    return storage.checkpoints / str(run.parent_id) if run.parent_id else None


def finish(progress: Progress, snapshot: Snapshot, result: TrainResult, labelling: Labelling) -> None:
    """Write the predictions, measure the run, and let all of it count once the job succeeds."""
    # Thresholds are tuned on what is kept, so that rounding can never change a side.
    said = np.asarray(result.probabilities, dtype=STORED)
    _write_predictions(progress, snapshot, result, said)
    progress(_("Measuring"), 0, 0)
    rows = snapshot.rows(Split.VALIDATION)
    labels = list(zip(snapshot.label_ids, snapshot.label_names, strict=True))
    held = said[rows].astype(np.float64)
    measured = measure(snapshot.truth[rows], held, labels, F1, snapshot.seed, labelling=labelling)
    progress.check()
    with session_scope(writes=False) as session:
        # Before the transaction that ends the job, which must not keep others waiting.
        ranked = measurements.rank_all(session, session.get_one(Run, snapshot.run_id))
    progress.check()
    progress.at_success(_Conclusion(snapshot, result, measured, ranked))


@dataclass(frozen=True)
class _Conclusion:
    """What becomes true of a run in the moment in which its job succeeds."""

    snapshot: Snapshot
    result: TrainResult
    measured: Measured
    ranked: Mapping[Split, Sequence[LabelRanking]]

    def __call__(self, session: Session) -> None:
        run = session.get_one(Run, self.snapshot.run_id)
        run.versions = self.result.versions
        run.hardware = hardware.describe(get_settings().device)
        run.summary = dict(self.result.summary)
        run.rate_searches = dict(self.result.rate_searches)
        run.checkpoint = self.result.checkpoint.name
        run.notes = [*_notes(self.result, run.recipe), *self.measured.notes]
        run.evaluation = {
            **self.measured.evaluation,
            "n_images": self.snapshot.n_known,
            "n_train": len(self.snapshot.rows(Split.TRAIN)),
        }
        if self.result.compared:
            run.evaluation["backbones"] = [dict(line) for line in self.result.compared]
        if self.measured.chosen:
            keep_tuned(session, run.id, self.measured.chosen, F1)
        session.flush()  # the checkpoint must be known before the run can become active
        runs.activate(session, run)
        measurements.prepare(session, run, self.ranked)
        inspections.request(session, run, account_id=run.job.created_by_id)


def _notes(result: TrainResult, recipe: Recipe) -> list[str]:
    notes = list(result.notes)
    if result.constant_labels:
        constant = _(
            "The training images show these labels either always or never, so they could not be learned and get the "
            "same probability everywhere: %(labels)s."
        )
        notes.append(constant % {"labels": ", ".join(result.constant_labels)})
    if recipe is Recipe.FINETUNE and len(result.epochs) > 1:
        notes.append(
            _(
                "The best of %(count)s epochs was kept, chosen on the validation images: figures measured on them "
                "flatter this run a little."
            )
            % {"count": len(result.epochs)}
        )
    return notes


def _write_predictions(progress: Progress, snapshot: Snapshot, result: TrainResult, said: Any) -> None:
    trained = np.zeros(len(said), dtype=np.bool_)
    trained[snapshot.rows(Split.TRAIN)] = True
    held_out = ~trained | result.out_of_fold
    ids = [image.id for image in snapshot.images]
    stage = _("Writing predictions")
    for start in range(0, len(ids), BATCH):
        part = slice(start, start + BATCH)
        progress.check()
        with session_scope() as session:
            write_predictions(session, snapshot.run_id, ids[part], said[part], held_out[part].tolist())
        progress(stage, min(start + BATCH, len(ids)), len(ids))


def _clear(run_id: int, checkpoint: Path) -> None:
    """Remove what an attempt that did not succeed has left."""
    shutil.rmtree(checkpoint, ignore_errors=True)
    # Where the database has gone away there is nothing to remove them from; nobody reads a failed run's predictions.
    with suppress(SQLAlchemyError), session_scope() as session:
        forget_predictions(session, run_id)
