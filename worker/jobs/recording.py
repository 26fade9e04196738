"""Writing down a training while it goes on: its stage, its epochs, its curves, and what is to be looked at."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.run_warnings import EpochFigures, LossWatch, RunWarning, WarningKind, of_epochs
from app.i18n import gettext as _
from app.models import Epoch, Run
from app.services import run_attempts, run_warnings, runs
from worker.jobs.pace import Pace, Remaining
from worker.ml import callbacks, memory
from worker.ml.callbacks import EpochRow, Stage
from worker.running import Progress

# As many points as a chart on a laptop has room for.
CURVE_POINTS = 300
# The curves on the page grow every few seconds; each time is a write.
CURVE_SECONDS = 3.0
# What is so at this moment is read once a second by whoever watches.
LIVE_SECONDS = 1.0
# A batch through the whole network, forth and back, takes about twice as long as one through its last layer.
UNFROZEN_WEIGHT = 2
_EPOCH_STAGES = frozenset({Stage.FROZEN, Stage.UNFROZEN})


class Recorder:
    """Takes the callbacks of a training and writes what they say into the run and its job."""

    def __init__(self, run_id: int, config: Mapping[str, Any], progress: Progress, present: Sequence[int] = ()) -> None:
        self.run_id, self.progress = run_id, progress
        # A network that starts at random is trained whole from the first epoch on.
        self.epochs_frozen = int(config.get("epochs_frozen", 0)) if config.get("pretrained", True) else 0
        self.best_by = str(config.get("best_by", "macro_f1"))
        # How many validation images show each label.
        self.present = present
        with session_scope(writes=False) as session:
            run = session.get_one(Run, run_id)
            # What a lost worker had written: whoever goes on adds to it.
            self.losses = [(int(point[0]), point[1]) for point in run.loss_curve]
            self.schedule = [(int(point[0]), *point[1:]) for point in run.schedule_curve]
            self.rows = [_figures_of(row, self.best_by) for row in runs.epochs(session, run)]
        self.epoch = self.epochs = self.batches = 0
        self.exploded: RunWarning | None = None
        self.content = False
        self._watch, self._pace, self._remaining = LossWatch(), Pace(), Remaining()
        self._written, self._lived = time.monotonic(), float("-inf")

    def on_progress(self, report: callbacks.Progress) -> None:
        """Write down how far the stage is, and now and then the curves.

        Raises Enough once somebody wants the best epoch so far and no more.
        """
        done, total = self._units(report)
        sentence = stage_sentence(report.stage)
        self.progress(sentence, done, total)
        # The losses of looking for a rate come from a mock training and belong to no batch of the real one.
        if report.stage in _EPOCH_STAGES and report.epoch:
            self._note(report)
        self._live(report, self._remaining.see(sentence, done, total))
        if time.monotonic() - self._written >= CURVE_SECONDS:
            self._write(None)
        if self.content and report.stage in _EPOCH_STAGES:
            raise callbacks.Enough

    def on_epoch(self, row: EpochRow) -> None:
        """Write a line of the epoch table, the curves so far, and what is to be looked at."""
        score = None if self.best_by == "valid_loss" else row.metrics.get(self.best_by)
        if self.best_by == "valid_loss" and row.valid_loss is not None:
            score = -row.valid_loss
        figures = EpochFigures(row.epoch, row.train_loss, row.valid_loss, score, row.predicted)
        self.rows = [*(each for each in self.rows if each.epoch < row.epoch), figures]
        self._write(row)

    def close(self) -> None:
        """Write the curves to their end."""
        if self.losses:
            self._write(None)

    def _note(self, report: callbacks.Progress) -> None:
        """Add a batch to the curves."""
        batch = (report.epoch - 1) * report.total + report.done
        if report.epoch != self.epoch:
            self._begin(report, batch)
        if report.rates is not None:
            low, high = report.rates
            self.schedule.append((batch, low, high, report.momentum or 0.0))
        if report.loss is not None:
            self.losses.append((batch, report.loss))
        if self._watch.exploded(report.loss) and self.exploded is None:
            self.exploded = RunWarning(WarningKind.EXPLODED, report.epoch)
            self._write(None)

    def _begin(self, report: callbacks.Progress, batch: int) -> None:
        """Forget what is trained anew: after a lost worker, or with smaller batches where memory ran out."""
        if report.epoch <= self.epoch or report.epoch == self.epochs_frozen + 1:
            self._watch = LossWatch()
        self.epoch, self.epochs, self.batches = report.epoch, report.epochs, report.total
        self.losses = [point for point in self.losses if point[0] < batch]
        self.schedule = [point for point in self.schedule if point[0] < batch]
        if any(row.epoch >= report.epoch for row in self.rows):
            self.rows = [row for row in self.rows if row.epoch < report.epoch]
            with session_scope() as session:
                run_attempts.forget_epochs(session, self.run_id, report.epoch)

    def _live(self, report: callbacks.Progress, seconds_left: float | None) -> None:
        """Write down what is so at this moment, and see whether somebody is content with what there is."""
        in_epoch = bool(report.epoch)
        images = report.done * (report.batch_size if in_epoch else 1)
        counts_images = in_epoch or report.stage in {Stage.READING, Stage.EMBEDDING, Stage.PREDICTING}
        pace = self._pace.see((report.stage, report.epoch), images) if counts_images else None
        if time.monotonic() - self._lived < LIVE_SECONDS:
            return
        self._lived = time.monotonic()
        live = {
            "stage": report.stage.value,
            "epoch": report.epoch,
            "epochs": report.epochs,
            "done": report.done,
            "total": report.total,
            "batches": self.batches,
            "images_per_second": None if pace is None else round(pace, 1),
            "seconds_left": None if seconds_left is None else round(seconds_left, 1),
            "memory_bytes": memory.process_bytes(),
            "graphics_bytes": memory.graphics_bytes(),
        }
        with session_scope() as session:
            run = session.get_one(Run, self.run_id)
            run.live = live
            self.content = run.keeps_best

    def _write(self, row: EpochRow | None) -> None:
        self._written = time.monotonic()
        with session_scope() as session:
            run = session.get_one(Run, self.run_id)
            run.loss_curve = thinned(self.losses)
            run.schedule_curve = thinned(self.schedule)
            run.warnings = [run_warnings.to_row(each) for each in self._noticed()]
            if row is not None:
                self._keep(session, row)

    def _noticed(self) -> list[RunWarning]:
        found = of_epochs(self.rows, self.epochs, self.present)
        return [self.exploded, *found] if self.exploded else found

    def _keep(self, session: Session, row: EpochRow) -> None:
        # An epoch that is trained anew replaces what it was.
        session.merge(
            Epoch(
                run_id=self.run_id,
                epoch=row.epoch,
                stage=row.stage.value,
                train_loss=row.train_loss,
                valid_loss=row.valid_loss,
                metrics=dict(row.metrics),
                seconds=row.seconds,
            )
        )

    def _units(self, report: callbacks.Progress) -> tuple[int, int]:
        """Count batches over all epochs, those of the whole network by their weight, so that the time left is right."""
        if report.stage not in _EPOCH_STAGES or not report.epochs:
            return report.done, report.total
        frozen = min(self.epochs_frozen, report.epochs)
        before = report.epoch - 1
        weight = UNFROZEN_WEIGHT if report.stage is Stage.UNFROZEN else 1
        earlier = min(before, frozen) + UNFROZEN_WEIGHT * max(before - frozen, 0)
        everything = frozen + UNFROZEN_WEIGHT * (report.epochs - frozen)
        return earlier * report.total + weight * report.done, everything * report.total


def stage_sentence(stage: Stage) -> str:
    """Say what a training is doing."""
    return {
        Stage.READING: _("Reading the images"),
        Stage.EMBEDDING: _("Looking at the images"),
        Stage.HEAD: _("Learning the labels"),
        Stage.FINDING_RATE: _("Finding a good learning rate"),
        # One sentence for both: it is one stretch of work with one time left.
        Stage.FROZEN: _("Training the network"),
        Stage.UNFROZEN: _("Training the network"),
        Stage.PREDICTING: _("Predicting every image"),
    }[stage]


def thinned(points: Sequence[tuple[float, ...]]) -> list[list[float]]:
    """Keep every n-th point, and the last, so that some hundred are left; the first figure of each is its batch."""
    step = -(-len(points) // CURVE_POINTS) or 1
    kept = list(points[::step])
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return [[int(batch), *(_rounded(figure) for figure in figures)] for batch, *figures in kept]


def _rounded(figure: float) -> float:
    """Keep six digits that mean something: learning rates begin with many noughts."""
    return float(f"{figure:.6g}")


def _figures_of(row: Epoch, best_by: str) -> EpochFigures:
    by_loss = None if row.valid_loss is None else -row.valid_loss
    score = by_loss if best_by == "valid_loss" else row.metrics.get(best_by)
    return EpochFigures(row.epoch, row.train_loss, row.valid_loss, score)
