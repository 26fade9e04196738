"""Every network on offer trains, and is rebuilt without fastai to the same logits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torchvision.models

from app.domain.architectures import ARCHITECTURES, TINY_VGG, WeightsFrom, architecture
from app.domain.statuses import Recipe, Split
from tests.unit.ml.pictures import draw
from worker.ml.activation import NoMapError, open_looker
from worker.ml.backbones import ELSEWHERE, Backbone, BackboneUnavailableError, transform_of
from worker.ml.bodies import NetworkUnsuitableError, SizeTooSmallError, body_of, check_size
from worker.ml.callbacks import Monitor
from worker.ml.checkpoint import manifest_for, write_checkpoint
from worker.ml.dataset import Item
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.learner import LabelledPixels, build_learner, seed_everything
from worker.ml.network import rebuild, with_bias
from worker.ml.origins import NOWHERE, load_origin
from worker.ml.reporter import Reporter

# The larger ones are built of the same parts, and would take seconds each.
SOME = ("resnet18", "densenet121", "convnext_tiny", "vit_small_patch16_224", "alexnet", "squeezenet1_1", TINY_VGG)


def learner_of(name: str, scratch: Path, size: int = 64) -> Any:
    seed_everything(1)
    backbone = load_origin(name, scratch, device="cpu", pretrained=False)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (4, size, size, 3), dtype=np.uint8)
    train, valid = (
        LabelledPixels(pixels, np.eye(4, 3, dtype=np.int8), split) for split in (Split.TRAIN, Split.VALIDATION)
    )
    config = FinetuneConfig(backbone=name, pretrained=False, size=size, augment="none")
    return build_learner(backbone, train, valid, config, batch_size=4, reporter=Reporter(Monitor(), 1), scratch=scratch)


@pytest.mark.parametrize("name", SOME)
def test_a_network_is_rebuilt_without_fastai_and_asked_where_it_looks(name: str, tmp_path: Path) -> None:
    learner = learner_of(name, tmp_path)
    learner.unfreeze()
    # One step of training, so that nothing is at its first value, not even the counts of the norms.
    images, truth = learner.dls.train.one_batch()
    learner.model.train()
    learner.loss_func(learner.model(images), truth).backward()
    learner.opt.step()
    model = learner.model.eval()
    weights = {key: value.as_subclass(torch.Tensor).contiguous() for key, value in model.state_dict().items()}
    kept = with_bias(weights, {})
    again = rebuild(name, kept, "cpu")
    probe = torch.rand(3, 3, 64, 64)
    with torch.inference_mode():
        expected = model(probe).as_subclass(torch.Tensor)
        assert torch.allclose(expected, again(probe), atol=1e-4, rtol=1e-4)
    known = architecture(name)
    assert known is not None
    backbone = load_origin(name, tmp_path, device="cpu", pretrained=False)
    manifest = manifest_for(Recipe.FINETUNE, "abc", backbone, seed=1, config={}, details={}, views=("whole",))
    write_checkpoint(tmp_path / "checkpoint", manifest, kept)
    items, _truth = draw(tmp_path / "pictures", 1)
    if not known.has_maps:
        with pytest.raises(NoMapError):
            open_looker(tmp_path / "checkpoint", tmp_path, "cpu")
        return
    seen = open_looker(tmp_path / "checkpoint", tmp_path, "cpu").look(Item(*items[0]), 1)
    assert seen.views[0].cells.ndim == 2
    assert np.isfinite(seen.logit)


def test_the_list_says_what_is_true() -> None:
    assert len({each.name for each in ARCHITECTURES}) == len(ARCHITECTURES)
    for each in ARCHITECTURES:
        assert transform_of(each.name).size == each.size
        if each.name in SOME or each.millions < 10:
            count = sum(part.numel() for part in body_of(each.name).parameters())
            assert count / 1e6 == pytest.approx(each.millions, abs=0.06), each.name
        is_timms = timm.is_model(each.name)
        assert is_timms is (each.name not in ELSEWHERE)
        assert each.is_quick is is_timms
        assert (each.weights is WeightsFrom.NOWHERE) is (each.name == TINY_VGG)


def test_an_image_too_small_for_a_network_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SizeTooSmallError, match="cannot look at images of 28 pixels"):
        learner_of("alexnet", tmp_path, 28)
    with pytest.raises(SizeTooSmallError):
        check_size(body_of("vit_small_patch16_224"), "vit_small_patch16_224", 60)
    check_size(body_of("squeezenet1_1"), "squeezenet1_1", 64)


def test_a_network_that_no_head_of_ours_reads_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(NetworkUnsuitableError, match="in a form that fine-tuning cannot use"):
        learner_of("swin_tiny_patch4_window7_224", tmp_path, 224)


def test_weights_that_timm_does_not_have_are_fetched_once_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = torchvision.models.squeezenet1_1(weights=None).state_dict()
    fetched: list[str] = []

    def fetch(address: str, **_options: object) -> dict[str, torch.Tensor]:
        fetched.append(address)
        return given

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    first = load_origin("squeezenet1_1", tmp_path, device="cpu")
    assert load_origin("squeezenet1_1", tmp_path, device="cpu") == first
    assert len(fetched) == 1
    rng = np.random.default_rng(0)
    pixels = LabelledPixels(
        rng.integers(0, 255, (4, 64, 64, 3), dtype=np.uint8), np.eye(4, 2, dtype=np.int8), Split.TRAIN
    )
    learner = build_learner(
        first,
        pixels,
        pixels,
        FinetuneConfig(backbone="squeezenet1_1", size=64),
        batch_size=4,
        reporter=Reporter(Monitor(), 1),
        scratch=tmp_path,
    )
    assert torch.equal(learner.model.state_dict()["0.0.0.weight"], given["features.0.weight"])
    assert not learner.model[0][0][0].weight.requires_grad


def test_without_a_network_the_choice_is_named_and_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    with pytest.raises(BackboneUnavailableError, match="alexnet"):
        load_origin("alexnet", tmp_path, device="cpu")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BackboneUnavailableError, match="nothing_of_that_name"):
        load_origin("nothing_of_that_name", tmp_path, device="cpu", pretrained=False)


def test_a_network_that_starts_at_random_fetches_nothing(tmp_path: Path) -> None:
    backbone = load_origin("resnet50", tmp_path, device="cpu", pretrained=False)
    assert backbone == Backbone("resnet50", NOWHERE, "", transform_of("resnet50"), "cpu")
    assert load_origin(TINY_VGG, tmp_path, device="cpu").weights == NOWHERE
