"""Writing down a training while it goes on: its stage, its epoch table and its loss curve."""

import time
from collections.abc import Mapping
from typing import Any

from app.db import session_scope
from app.i18n import gettext as _
from app.models import Epoch, Run
from worker.ml import callbacks
from worker.ml.callbacks import EpochRow, Stage
from worker.running import Progress

# As many points as a chart on a laptop has room for.
CURVE_POINTS = 300
# The curve on the page grows every few seconds; each time is a write.
CURVE_SECONDS = 3.0
# A batch through the whole network, forth and back, takes about twice as long as one through its last layer.
UNFROZEN_WEIGHT = 2


class Recorder:
    """Takes the callbacks of a training and writes what they say into the run and its job."""

    def __init__(self, run_id: int, config: Mapping[str, Any], progress: Progress) -> None:
        self.run_id = run_id
        self.epochs_frozen = int(config.get("epochs_frozen", 0))
        self.progress = progress
        self.losses: list[tuple[int, float]] = []
        self._written = time.monotonic()

    def on_progress(self, report: callbacks.Progress) -> None:
        """Write down how far the stage is, and now and then the loss curve."""
        done, total = self._units(report)
        self.progress(stage_sentence(report.stage), done, total)
        # The losses of looking for a rate come from a mock training and belong to no batch of the real one.
        if report.loss is None or not report.epoch:
            return
        batch = (report.epoch - 1) * report.total + report.done
        # Where memory ran out the training begins anew with smaller batches, and so does its curve.
        while self.losses and self.losses[-1][0] >= batch:
            self.losses.pop()
        self.losses.append((batch, report.loss))
        if time.monotonic() - self._written >= CURVE_SECONDS:
            self._write(None)

    def on_epoch(self, row: EpochRow) -> None:
        """Write a line of the epoch table, and the loss curve so far."""
        self._write(row)

    def close(self) -> None:
        """Write the loss curve to its end."""
        if self.losses:
            self._write(None)

    def _write(self, row: EpochRow | None) -> None:
        self._written = time.monotonic()
        with session_scope() as session:
            session.get_one(Run, self.run_id).loss_curve = thinned(self.losses)
            if row is not None:
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
        if report.stage not in {Stage.FROZEN, Stage.UNFROZEN} or not report.epochs:
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


def thinned(losses: list[tuple[int, float]]) -> list[list[float]]:
    """Keep every n-th point, and the last, so that some hundred are left."""
    step = -(-len(losses) // CURVE_POINTS) or 1
    kept = losses[::step]
    if losses and kept[-1] != losses[-1]:
        kept.append(losses[-1])
    return [[batch, round(loss, 6)] for batch, loss in kept]
