from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.vision.learner import default_split
from torch import nn

from worker.ml.callbacks import Monitor, Stage
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.legs import Leg, legs_of
from worker.ml.reporter import Reporter
from worker.ml.resuming import Keeper
from worker.ml.schedules import train_stages

CONFIG = FinetuneConfig(epochs_frozen=2, epochs_unfrozen=3, base_lr=4e-3)


class Noting(Callback):
    """Write down the rates of first and last layers and the momentum of every training batch."""

    order = 99

    def __init__(self) -> None:
        self.seen: list[tuple[float, float, float]] = []

    def after_batch(self) -> None:
        if self.training:
            first, last = self.opt.hypers[0], self.opt.hypers[-1]
            self.seen.append((float(first["lr"]), float(last["lr"]), float(last["mom"])))


def learner_of(folder: Path, **options: Any) -> tuple[Any, Noting]:
    """A network of two layers that has two groups, as ours has body and head."""
    torch.manual_seed(0)
    rows = [(torch.rand(3), torch.rand(2)) for _ in range(8)]
    loader: Any = torch.utils.data.DataLoader(cast("Any", rows), batch_size=2)
    noting = Noting()
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    learner = Learner(
        DataLoaders(loader, loader),
        model,
        loss_func=nn.MSELoss(),
        splitter=default_split,
        path=folder,
        cbs=[noting],
        **options,
    )
    return learner, noting


def ours(folder: Path, config: FinetuneConfig) -> list[tuple[float, float, float]]:
    learner, noting = learner_of(
        folder, wd=config.weight_decay, moms=(config.momentum, config.momentum - 0.1, config.momentum)
    )
    # Nothing is measured on two columns of random numbers: only the schedule is of interest.
    reporter = Reporter(Monitor(), 5)
    keeper = Keeper(reporter, None, "", 2, None)
    train_stages(learner, reporter, config, keeper)
    return noting.seen


def test_fine_tune_does_what_fastais_does(tmp_path: Path) -> None:
    learner, noting = learner_of(tmp_path)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(3, base_lr=4e-3, freeze_epochs=2)
    seen = ours(tmp_path, replace(CONFIG, schedule="fine_tune"))
    # The frozen body's own rate moves nothing; fastai notes a tenth of the head's for it.
    assert np.allclose([row[1:] for row in seen], [row[1:] for row in noting.seen])
    assert np.allclose(seen[8:], noting.seen[8:])


def test_the_lessons_course_is_fit_one_cycle_twice(tmp_path: Path) -> None:
    learner, noting = learner_of(tmp_path)
    with learner.no_bar(), learner.no_logging():
        learner.freeze()
        learner.fit_one_cycle(2, 4e-3)
        learner.unfreeze()
        learner.fit_one_cycle(3, slice(4e-3 / 5, 4e-3))
    assert np.allclose(ours(tmp_path, CONFIG), noting.seen)


def test_every_setting_of_the_course_is_honoured(tmp_path: Path) -> None:
    config = replace(
        CONFIG,
        unfrozen_lr=1e-3,
        body_share=0.1,
        head_share=2.0,
        pct_start=0.5,
        div=10,
        momentum=0.9,
        weight_decay=0.2,
    )
    learner, noting = learner_of(tmp_path, wd=0.2, moms=(0.9, 0.8, 0.9))
    with learner.no_bar(), learner.no_logging():
        learner.freeze()
        learner.fit_one_cycle(2, 4e-3, pct_start=0.5, div=10)
        learner.unfreeze()
        learner.fit_one_cycle(3, slice(1e-4, 2e-3), pct_start=0.5, div=10)
    assert np.allclose(ours(tmp_path, config), noting.seen)


@pytest.mark.parametrize("schedule", ["one_cycle", "fine_tune"])
def test_a_network_that_starts_at_random_is_trained_whole_in_one_leg(schedule: Any) -> None:
    only = legs_of(replace(CONFIG, pretrained=False, schedule=schedule))
    assert only == [Leg(Stage.UNFROZEN, 5, 0, False, (1.0, 1.0), 0.25, 25.0)]
    assert only[0].rates(0.1) == 0.1


def test_a_leg_without_epochs_is_left_out() -> None:
    assert [leg.stage for leg in legs_of(replace(CONFIG, epochs_frozen=0))] == [Stage.UNFROZEN]
    assert [leg.stage for leg in legs_of(replace(CONFIG, epochs_unfrozen=0))] == [Stage.FROZEN]


def test_a_rate_found_for_the_whole_network_is_not_halved() -> None:
    fine = replace(CONFIG, schedule="fine_tune")
    assert legs_of(fine)[1].shares == (1 / 200, 1 / 2)
    assert legs_of(replace(fine, find_again=True))[1].shares == (1 / 100, 1.0)
    assert legs_of(replace(fine, unfrozen_lr=1e-3))[1].shares == (1 / 100, 1.0)
