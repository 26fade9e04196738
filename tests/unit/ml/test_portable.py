"""The file that loads a downloaded model without Loupe, against what Loupe itself predicts."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.domain.statuses import Recipe
from tests.unit.ml.pictures import dataset, draw, save
from worker.ml import backbones, portable
from worker.ml.backbones import Transform, load_backbone
from worker.ml.cache import EmbeddingCache
from worker.ml.checkpoint import read_manifest, read_weights
from worker.ml.dataset import Item, read_views, run_over
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.predict import head_of, predict
from worker.ml.train import Places, train_quick
from worker.ml.whole import open_whole, weights_of

# No Loupe within reach: whatever the file imports of it fails.
WITHOUT_LOUPE = """
import runpy, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"app", "worker"}:
            raise ImportError(name)

sys.meta_path.insert(0, Missing())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(autouse=True)
def full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare numbers, not number formats."""
    monkeypatch.setattr(backbones, "precision_of", lambda _device: "fp32")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return draw(tmp_path_factory.mktemp("pictures"), 5, seed=3)[0]


@pytest.fixture(scope="module", params=[Recipe.QUICK, Recipe.FINETUNE])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A checkpoint of each recipe."""
    folder = tmp_path_factory.mktemp(f"trained-{request.param.value}")
    data, places = dataset(folder / "pictures", 16), Places(folder / "run", weights, folder / "embeddings", "cpu")
    if request.param is Recipe.QUICK:
        return train_quick(data, places).checkpoint
    config = FinetuneConfig(epochs_frozen=1, epochs_unfrozen=0, batch_size=4, size=64, base_lr=1e-3, augment="none")
    return train_finetune(data, places, config).checkpoint


def downloaded(checkpoint: Path, weights: Path, folder: Path) -> Path:
    """What somebody has who unpacked the download."""
    shutil.copytree(checkpoint, folder)
    shutil.copy(portable.__file__, folder / "loupe_model.py")
    manifest = read_manifest(checkpoint)
    if manifest.recipe is Recipe.QUICK:
        shutil.copy(weights_of(manifest, weights), folder / "backbone.safetensors")
    return folder


def ours(checkpoint: Path, weights: Path, items: Sequence[Item], folder: Path) -> np.ndarray:
    """What Loupe predicts; for a quick run without the cache, which keeps features in half precision."""
    manifest = read_manifest(checkpoint)
    if manifest.recipe is Recipe.FINETUNE:
        return predict(checkpoint, items, EmbeddingCache(folder), weights_directory=weights, device="cpu")
    network = load_backbone(manifest.backbone, weights).network
    features = np.concatenate(list(run_over(items, manifest.transform, manifest.views, "cpu", network)))
    return head_of(manifest, read_weights(checkpoint)).predict(features)


def test_the_whole_network_says_what_predicting_says(
    trained: Path, weights: Path, pictures: list[Item], tmp_path: Path
) -> None:
    whole, manifest = open_whole(trained, weights), read_manifest(trained)
    pixels = torch.stack(
        [portable.read_views(item.path, manifest.transform.to_dict(), manifest.views) for item in pictures]
    )
    with torch.inference_mode():
        said = whole(pixels).numpy()
    assert np.abs(said - ours(trained, weights, pictures, tmp_path)).max() < 1e-5


def test_it_runs_without_loupe(trained: Path, weights: Path, pictures: list[Item], tmp_path: Path) -> None:
    folder = downloaded(trained, weights, tmp_path / "model")
    paths = [str(item.path) for item in pictures]
    asked = [sys.executable, "-I", "-c", WITHOUT_LOUPE, str(folder / "loupe_model.py"), *paths]
    printed = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.splitlines()
    said = [float(line.split()[-2]) for line in printed if line.startswith("  ")]
    expected = ours(trained, weights, pictures, tmp_path / "embeddings")
    assert np.abs(np.array(said).reshape(expected.shape) - expected).max() < 1e-5
    starred = [line.strip().startswith("*") for line in printed if line.startswith("  ")]
    assert starred == [value >= 0.5 for value in said]


def test_thresholds_beside_it_count(trained: Path, weights: Path, pictures: list[Item], tmp_path: Path) -> None:
    folder = downloaded(trained, weights, tmp_path / "model")
    told = {"thresholds": [{"label": "square", "threshold": 0.0, "objective": "by hand"}]}
    (folder / "thresholds.json").write_text(json.dumps(told), encoding="utf-8")
    assert portable.load_model(folder).thresholds == {"circle": 0.5, "square": 0.0, "stripes": 0.5}


VIEWS = ("whole", "centre", "whole-mirrored", "centre-mirrored", "padded", "padded-mirrored")


@pytest.mark.parametrize("form", ["RGB", "L", "RGBA", "P"])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_images_are_read_as_loupe_reads_them(tmp_path: Path, form: str, ending: str) -> None:
    if (form, ending) in {("RGBA", "jpg"), ("P", "jpg")}:
        return
    noise = np.random.default_rng(1).integers(0, 255, (90, 301, 3), dtype=np.uint8)
    item = save(Image.fromarray(noise).convert(form), tmp_path / f"picture.{ending}")
    transform = Transform(40, "bicubic", 0.875, (0.5,) * 3, (0.5,) * 3)
    seen = portable.read_views(item.path, transform.to_dict(), VIEWS)
    expected = np.stack(read_views(item, transform, VIEWS)).transpose(0, 3, 1, 2)
    assert np.array_equal(seen.numpy(), expected)


def test_a_photograph_taken_upright_is_turned_upright(tmp_path: Path) -> None:
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 80, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    picture.save(path, exif=exif)
    transform = Transform(32, "bilinear", 0.9, (0.5,) * 3, (0.5,) * 3)
    seen = portable.read_views(path, transform.to_dict(), ("whole",))
    expected = np.stack(read_views(Item("", path), transform, ("whole",))).transpose(0, 3, 1, 2)
    assert np.array_equal(seen.numpy(), expected)


def test_a_view_it_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="corner"):
        portable.read_views(Image.new("RGB", (8, 8)), {"size": 8, "crop": 1, "interpolation": "bicubic"}, ["corner"])
