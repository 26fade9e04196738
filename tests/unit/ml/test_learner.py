from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from app.domain.statuses import Split
from worker.ml import rates
from worker.ml.backbones import load_backbone
from worker.ml.callbacks import Cancelled, Monitor, Progress, Stage
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, build_learner, seed_everything
from worker.ml.losses import MaskedLoss
from worker.ml.network import rebuild, with_bias
from worker.ml.rates import search_rates
from worker.ml.reporter import Reporter


def labelled(count: int, split: Split = Split.TRAIN, seed: int = 0) -> LabelledPixels:
    rng = np.random.default_rng(seed)
    truth = (rng.random((count, 2)) < 0.5).astype(np.int8)
    pixels = rng.integers(0, 60, (count, 32, 32, 3), dtype=np.uint8)
    pixels[truth[:, 0] == 1, :, :, 0] += 190
    pixels[truth[:, 1] == 1, :, :, 2] += 190
    return LabelledPixels(pixels, truth, split)


def test_the_loss_is_the_mean_over_known_cells_only() -> None:
    logits = torch.tensor([[0.0, 2.0, -1.0], [3.0, -40.0, 40.0]], requires_grad=True)
    truth = torch.tensor([[1.0, 0.0, -1.0], [-1.0, -1.0, 1.0]])
    by_hand = (-np.log(1 / 2) - np.log(1 - 1 / (1 + np.exp(-2.0))) + 0.0) / 3
    loss = MaskedLoss()(logits, truth)
    assert loss.item() == pytest.approx(by_hand, rel=1e-6)
    loss.backward()
    assert logits.grad is not None
    assert (logits.grad[truth < 0] == 0).all()
    assert (logits.grad[0, :2] != 0).all()


def test_a_batch_without_any_known_cell_weighs_nothing() -> None:
    logits = torch.ones(2, 2, requires_grad=True)
    loss = MaskedLoss()(logits, torch.full((2, 2), -1.0))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def make(
    weights: Path, scratch: Path, monitor: Monitor, *, valid: int = 6, augment: Literal["lesson", "none"] = "lesson"
) -> tuple[Any, Reporter]:
    seed_everything(1)
    reporter = Reporter(monitor, 2)
    backbone = load_backbone("tf_efficientnet_lite0", weights)
    learner = build_learner(
        backbone,
        labelled(13),
        labelled(valid, Split.VALIDATION, 1),
        FinetuneConfig(augment=augment),
        batch_size=4,
        reporter=reporter,
        scratch=scratch,
    )
    return learner, reporter


def test_the_body_starts_from_the_kept_weights_and_frozen(weights: Path, tmp_path: Path) -> None:
    learner, _reporter = make(weights, tmp_path, Monitor())
    kept = load_backbone("tf_efficientnet_lite0", weights).network.state_dict()
    assert torch.equal(learner.model.state_dict()["0.model.conv_head.weight"], kept["conv_head.weight"])
    assert not learner.model[0].model.conv_head.weight.requires_grad
    assert learner.model[1][-1].weight.requires_grad


def test_images_reach_the_network_as_predicting_sees_them(weights: Path, tmp_path: Path) -> None:
    learner, _reporter = make(weights, tmp_path, Monitor())
    images, truth = learner.dls.valid.one_batch()
    given = labelled(6, Split.VALIDATION, 1)
    assert torch.allclose(images[0], torch.from_numpy(given.pixels[0]).permute(2, 0, 1) / 127.5 - 1, atol=1e-6)
    assert torch.equal(truth, given.truth[:4])


def test_training_images_are_changed_and_validation_images_are_not(weights: Path, tmp_path: Path) -> None:
    learner, _reporter = make(weights, tmp_path, Monitor())
    first, again = learner.dls.valid.one_batch()[0], learner.dls.valid.one_batch()[0]
    assert torch.equal(first, again)
    plain, _reporter = make(weights, tmp_path, Monitor(), augment="none")
    levels = {tuple(image.flatten().tolist()) for image in plain.dls.train.one_batch()[0]}
    known = {
        tuple((torch.from_numpy(pixels).permute(2, 0, 1) / 255 * 2 - 1).flatten().tolist())
        for pixels in labelled(13).pixels
    }
    assert levels <= known
    changed = {tuple(image.flatten().tolist()) for image in learner.dls.train.one_batch()[0]}
    assert not changed <= known


def test_a_rebuilt_network_gives_what_fastai_gives(weights: Path, tmp_path: Path) -> None:
    learner, _reporter = make(weights, tmp_path, Monitor())
    model = learner.model.eval()
    again = rebuild("tf_efficientnet_lite0", with_bias(model.state_dict(), {}), "cpu")
    images = torch.rand(3, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(model(images).as_subclass(torch.Tensor), again(images), atol=1e-5)


def test_epochs_and_batches_are_reported_and_the_best_epoch_kept(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Progress] = []
    learner, reporter = make(weights, tmp_path, Monitor(seen.append))
    with learner.no_bar(), learner.no_logging():
        reporter.start(Stage.FROZEN)
        learner.fit_one_cycle(2, lr_max=1e-2)
    assert [(report.epoch, report.done, report.total) for report in seen] == [
        (epoch, batch, 3) for epoch in (1, 2) for batch in (1, 2, 3)
    ]
    assert all(report.loss is not None and report.stage is Stage.FROZEN for report in seen)
    assert [row.epoch for row in reporter.rows] == [1, 2]
    scores = [row.metrics["macro_f1"] or 0.0 for row in reporter.rows]
    assert scores[reporter.best_epoch - 1] == max(scores)
    assert all(row.valid_loss is not None and row.metrics["accuracy_multi"] is not None for row in reporter.rows)
    # Nothing of fastai's own tables and bars, which would end in a worker's log.
    assert capsys.readouterr().out == ""


def test_without_validation_images_the_last_epoch_is_kept(weights: Path, tmp_path: Path) -> None:
    learner, reporter = make(weights, tmp_path, Monitor(), valid=0)
    with learner.no_bar(), learner.no_logging():
        reporter.start(Stage.FROZEN)
        learner.fit_one_cycle(2, lr_max=1e-2)
    assert reporter.best_epoch == 2
    assert [row.metrics["macro_f1"] for row in reporter.rows] == [None, None]
    assert torch.equal(reporter.best["1.8.weight"], learner.model.state_dict()["1.8.weight"])


def test_the_rate_is_found_without_a_trace(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "RATE_BATCHES", 20)
    seen: list[Progress] = []
    learner, reporter = make(weights, tmp_path, Monitor(seen.append))
    before = {key: value.clone() for key, value in learner.model.state_dict().items()}
    with learner.no_bar(), learner.no_logging():
        search = search_rates(learner)
    assert set(search.suggestions) == {"valley", "slide", "steep", "minimum"}
    assert all(1e-9 < rate < 10 for rate in search.suggestions.values())
    assert len(search.rates) == len(search.losses)
    assert all(torch.equal(value, before[key]) for key, value in learner.model.state_dict().items())
    assert {report.stage for report in seen} == {Stage.FINDING_RATE}
    assert seen[-1].done <= seen[-1].total == 20
    assert reporter.rows == []


def test_training_stops_when_asked_to(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.ml.callbacks.Monitor.INTERVAL", 0)
    seen: list[Progress] = []
    learner, reporter = make(weights, tmp_path, Monitor(seen.append, lambda: len(seen) == 2))
    reporter.start(Stage.FROZEN)
    with learner.no_bar(), learner.no_logging(), pytest.raises(Cancelled):
        learner.fit_one_cycle(2, lr_max=1e-2)
    assert len(seen) == 2
    assert not torch.is_autocast_enabled("cpu")


def test_what_a_caller_raises_comes_out_as_it_is(weights: Path, tmp_path: Path) -> None:
    class Lost(Exception):  # noqa: N818
        pass

    def lose(_report: Progress) -> None:
        raise Lost

    learner, reporter = make(weights, tmp_path, Monitor(lose))
    reporter.start(Stage.FROZEN)
    with learner.no_bar(), learner.no_logging(), pytest.raises(Lost):
        learner.fit_one_cycle(1, lr_max=1e-2)
