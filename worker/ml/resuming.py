"""Keep the state of a fine-tuning after each epoch, so that another worker goes on where this one was lost.

The state is one file of tensors and JSON, read with `weights_only`: never a pickled learner. Whoever goes on with it
gets what an uninterrupted training would have got: weights, optimizer, every source of chance and the smoothed loss are
kept.
"""

import hashlib
import json
import logging
import pickle
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.learner import Learner

from app.domain.statuses import Split
from worker.ml.callbacks import Stage
from worker.ml.checkpoint import versions
from worker.ml.files import DiskFullError
from worker.ml.reporter import Reporter
from worker.ml.tensors import write_state
from worker.ml.train import TrainData

log = logging.getLogger(__name__)

FILE = "state.pt"
# Raised whenever an older reader could misread what is written.
FORMAT = 1
# What a file can be that was cut off or written by something else.
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError, EOFError, TypeError, pickle.UnpicklingError)


@dataclass(frozen=True)
class State:
    """Hold what a lost worker had reached."""

    # JSON values: epochs trained, batch size, rows, the best epoch, sources of chance, what was found on the way.
    facts: Mapping[str, Any]
    # Weights by name, the best epoch's weights by name, and per parameter what the optimizer knows of it.
    model: Mapping[str, torch.Tensor]
    best: Mapping[str, torch.Tensor]
    optimizer: list[dict[str, Any]]
    # States of torch's generators: the processor's, then one for each graphics card.
    chance: list[torch.Tensor]

    @property
    def trained(self) -> int:
        """Return the number of epochs that were trained, over all stages."""
        return int(self.facts["trained"])

    @property
    def batch_size(self) -> int:
        """Return the batch size in use, which may be smaller than the one asked for."""
        return int(self.facts["batch_size"])


def identity_of(data: TrainData, config: Mapping[str, object], digest: str, device: str) -> str:
    """Return a text that differs whenever going on would not give what an uninterrupted training gives.

    Images that are only predicted may come and go meanwhile; those that are learned from or measured on may not.
    """
    used = data.rows(Split.TRAIN) | data.rows(Split.VALIDATION)
    told = [
        (item.sha256, split.value if split else None, row.tolist())
        for item, split, row, wanted in zip(data.items, data.splits, data.cells, used, strict=True)
        if wanted
    ]
    facts = [list(data.labels), told, dict(config), digest, device, versions()]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def read(folder: Path | None, identity: str) -> State | None:
    """Return the state that a lost worker left of this very training; None where there is none that can be used."""
    if folder is None or not (folder / FILE).is_file():
        return None
    try:
        raw = torch.load(folder / FILE, map_location="cpu", weights_only=True)
        if raw["format"] != FORMAT or raw["identity"] != identity:
            return None
        facts = json.loads(raw["facts"])
        best = raw["best"] or raw["model"]
        return State(facts, raw["model"], best, raw["optimizer"], raw["chance"])
    except _UNREADABLE:
        log.warning("the state of an unfinished training cannot be read: it begins anew", exc_info=True)
        return None


class Keeper(Callback):
    """Write the state of a training after each epoch, and bring a new learner to the state that was kept."""

    # After whatever else looks at an epoch, so that its state is the one the next epoch begins with.
    order = 200

    def __init__(
        self, reporter: Reporter, folder: Path | None, identity: str, batch_size: int, state: State | None
    ) -> None:
        self.reporter, self.folder, self.identity, self.batch_size, self.state = (
            reporter, folder, identity, batch_size, state
        )  # fmt: skip
        self.found: dict[str, Any] = dict(state.facts["found"]) if state else {}
        self._smooth: Mapping[str, Any] | None = None
        # True once the disk had no room for a state: the training goes on, but nobody could go on with it.
        self.gave_up = False
        if state is not None:
            reporter.go_on(state.facts["reporter"], state.best)

    @property
    def trained(self) -> int:
        """Return the number of epochs that need not be trained again, over all stages."""
        return self.state.trained if self.state else 0

    def once(self, name: str, find: Callable[[], Any]) -> Any:
        """Return what was found under this name before the worker was lost, else find it; JSON has to hold it."""
        if name not in self.found:
            self.found[name] = find()
        return self.found[name]

    def at_boundary(self, learner: Learner, before: int) -> None:
        """Bring a learner to the end of a stage, if that is where the state was kept."""
        if self.state and before and self.trained == before:
            self._restore(learner, self.state)

    def first_epoch(self, learner: Learner, before: int) -> int:
        """Bring a learner to where its stage was left; returns how many epochs of the stage are done."""
        if not self.state or self.trained <= before:
            return 0
        self._restore(learner, self.state)
        self._smooth = self.state.facts["smooth"]
        return self.trained - before

    def before_fit(self) -> None:
        """Let the smoothed loss go on from where it was."""
        if self._smooth is not None:
            smooth = self.learn.recorder.smooth_loss
            smooth.count, smooth.val = self._smooth["count"], torch.tensor(self._smooth["value"])
            self._smooth = None

    def after_epoch(self) -> None:
        """Keep the state, unless the epoch was one of the mock training or had been trained before."""
        number = self.reporter.before + self.epoch + 1
        if self.folder is None or self.reporter.stage is Stage.FINDING_RATE or number <= self.trained:
            return
        content = self._content(number)
        try:
            write_state(self.folder / FILE, content)
        except DiskFullError:
            log.warning("no room to keep the state of a training: it could not be gone on with")
            (self.folder / FILE).unlink(missing_ok=True)
            self.folder, self.gave_up = None, True

    def _content(self, trained: int) -> dict[str, Any]:
        learner, smooth = self.learn, self.learn.recorder.smooth_loss
        facts = {
            "trained": trained,
            "batch_size": self.batch_size,
            "reporter": self.reporter.reached(),
            "found": self.found,
            "smooth": {"count": smooth.count, "value": float(smooth.val)},
            **_plain_chance(learner),
        }
        is_best = self.reporter.best_epoch == trained
        return {
            "format": FORMAT,
            "identity": self.identity,
            "facts": json.dumps(facts),
            "model": learner.model.state_dict(),
            "best": None if is_best else self.reporter.best,
            "optimizer": [_plain(state) for state in learner.opt.state_dict()["state"]],
            "chance": [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [])],
        }

    def _restore(self, learner: Learner, state: State) -> None:
        learner.model.load_state_dict(state.model)
        if learner.opt is None:
            learner.create_opt()
        device = next(iter(learner.model.parameters())).device
        kept = [{name: _moved(value, device) for name, value in each.items()} for each in state.optimizer]
        learner.opt.load_state_dict({"state": kept, "hypers": learner.opt.hypers})
        _restore_chance(learner, state)


def _plain(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an optimizer knows of a parameter as tensors and plain numbers."""
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in state.items()}


def _moved(value: Any, device: torch.device) -> Any:
    # A copy: the optimizer writes into what it is given.
    return value.to(device, copy=True) if isinstance(value, torch.Tensor) else value


def _plain_chance(learner: Learner) -> dict[str, Any]:
    """Return the states of Python's, numpy's and the loaders' generators for JSON."""
    name, keys, place, has_gauss, gauss = np.random.get_state()  # noqa: NPY002 - fastai draws from numpy's global one
    return {
        "python": random.getstate(),
        "numpy": [name, np.asarray(keys).tolist(), place, has_gauss, gauss],
        "loaders": [loader.rng.getstate() for loader in learner.dls.loaders],
    }


def _restore_chance(learner: Learner, state: State) -> None:
    """Bring every source of chance to the state that was kept."""
    facts = state.facts
    for loader in learner.dls.loaders:
        # A loader's first use sends one image through its transforms to see what comes out, which draws numbers too.
        if len(loader.dataset):
            _ = loader.n_inp
    random.setstate(_python_state(facts["python"]))
    name, keys, place, has_gauss, gauss = facts["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), place, has_gauss, gauss))  # noqa: NPY002 - see above
    for loader, kept in zip(learner.dls.loaders, facts["loaders"], strict=True):
        loader.rng.setstate(_python_state(kept))
    torch.set_rng_state(state.chance[0])
    if state.chance[1:]:
        torch.cuda.set_rng_state_all(state.chance[1:])


def _python_state(kept: list[Any]) -> tuple[Any, ...]:
    """Return the state of one of Python's generators as it came from JSON, which knows no tuples."""
    version, numbers, gauss = kept
    return version, tuple(numbers), gauss
