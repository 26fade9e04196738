"""Models as ONNX and for fastai, loaded in programs that have no Loupe, against what the model says here."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from app.domain.statuses import Labelling, Recipe
from tests.unit.ml.pictures import LABELS, dataset, draw
from tests.unit.ml.test_portable import WITHOUT_LOUPE
from worker.ml import exporting, portable_onnx
from worker.ml.checkpoint import read_manifest
from worker.ml.dataset import Item
from worker.ml.exporting import ExportDiffersError, NotAsOnnxError, write_learner, write_onnx
from worker.ml.finetune import train_finetune
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.portable import Whole, read_views
from worker.ml.train import Places, train_quick
from worker.ml.whole import open_whole

THRESHOLDS = (0.3, 0.5, 0.05)
LOADS = """
import json, sys
from fastai.learner import load_learner
learn = load_learner(sys.argv[1])
print(json.dumps([tell(path) for path in sys.argv[2:]]))
"""
TELLS = """
from pathlib import Path
def tell(path):
    with learn.no_bar(), learn.no_logging():
        names, flags, said = learn.predict(Path(path))
    return [names] if isinstance(names, str) else list(names), flags.int().tolist(), said.tolist()
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return draw(tmp_path_factory.mktemp("pictures"), 4, seed=5)[0]


@pytest.fixture(scope="module", params=[*Recipe, "exclusive"], ids=str)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A checkpoint of each recipe, and one whose labels exclude each other."""
    folder = tmp_path_factory.mktemp("trained")
    data, places = dataset(folder / "pictures", 16), Places(folder / "run", weights, folder / "embeddings", "cpu")
    if request.param is Recipe.FINETUNE:
        config = FinetuneConfig(epochs_frozen=1, epochs_unfrozen=0, batch_size=4, size=64, base_lr=1e-3, augment="none")
        return train_finetune(data, places, config).checkpoint
    if request.param == "exclusive":
        first = np.zeros_like(data.cells)
        first[np.arange(len(first)), np.arange(len(first)) % 3] = 1
        data = replace(data, truth=first, labelling=Labelling.EXCLUSIVE)
    return train_quick(data, places).checkpoint


@pytest.fixture(scope="module")
def learner_file(trained: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fastai") / "export.pkl"
    write_learner(trained, weights, THRESHOLDS, path)
    return path


@pytest.fixture(scope="module")
def onnx_file(trained: Path, weights: Path, pictures: list[Item], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    assert write_onnx(trained, weights, pictures[:2], THRESHOLDS, path) < 1e-5
    return path


def ours(checkpoint: Path, weights: Path, items: list[Item]) -> np.ndarray:
    whole, manifest = open_whole(checkpoint, weights), read_manifest(checkpoint)
    pixels = [read_views(item.path, manifest.transform.to_dict(), manifest.views) for item in items]
    with torch.inference_mode():
        return whole(torch.stack(pixels)).numpy()


def without_loupe(script: Path, *arguments: str) -> str:
    asked = [sys.executable, "-I", "-W", "ignore", "-c", WITHOUT_LOUPE, str(script), *arguments]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=script.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_learner_says_the_same_in_plain_fastai(
    learner_file: Path, trained: Path, weights: Path, pictures: list[Item]
) -> None:
    script = learner_file.with_name("load.py")
    loading, printing = LOADS.rsplit("print", 1)
    script.write_text(f"{loading}{TELLS}\nprint{printing}", encoding="utf-8")
    told = json.loads(without_loupe(script, "export.pkl", *(str(item.path) for item in pictures)).splitlines()[-1])
    expected = ours(trained, weights, pictures)
    assert np.abs(np.array([said for _names, _flags, said in told]) - expected).max() < 1e-5
    for (names, flags, _said), row in zip(told, expected, strict=True):
        if read_manifest(trained).details.get("labelling") == "exclusive":
            assert names == [LABELS[int(row.argmax())]]
            continue
        reached = row >= np.array(THRESHOLDS)
        assert flags == reached.astype(int).tolist()
        assert names == [label for label, is_one in zip(LABELS, reached, strict=True) if is_one]


def test_a_learner_tells_nothing_of_where_it_was_made(learner_file: Path) -> None:
    with zipfile.ZipFile(learner_file) as archive:
        pickled = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".pkl"))
    for told in (learner_file.parent, Path(exporting.__file__).parents[2], Path.home() / "x"):
        assert str(told).removesuffix("x").encode() not in pickled


@pytest.mark.slow
def test_onnx_says_the_same_and_knows_its_labels(
    onnx_file: Path, trained: Path, weights: Path, pictures: list[Item]
) -> None:
    script = onnx_file.with_name("predict_onnx.py")
    script.write_bytes(Path(portable_onnx.__file__).read_bytes())
    printed = [
        line for line in without_loupe(script, *(str(item.path) for item in pictures)).splitlines() if line[:2] == "  "
    ]
    said = np.array([float(line.split()[-2]) for line in printed]).reshape(len(pictures), -1)
    expected = ours(trained, weights, pictures)
    assert np.abs(said - expected).max() < 1e-5
    starred = np.array([line.strip().startswith("*") for line in printed]).reshape(said.shape)
    assert np.array_equal(starred, expected >= np.array(THRESHOLDS))


def test_onnx_is_a_valid_file_that_tells_nothing_of_where_it_was_made(onnx_file: Path, trained: Path) -> None:
    onnx.checker.check_model(onnx_file, full_check=True)
    assert str(Path(exporting.__file__).parents[2]).encode() not in onnx_file.read_bytes()
    told = json.loads({each.key: each.value for each in onnx.load(onnx_file).metadata_props}["loupe"])
    assert told["labels"] == list(LABELS)
    assert told["size"] == read_manifest(trained).transform.size


def test_a_file_that_says_something_else_is_not_offered(
    onnx_file: Path, trained: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = exporting._asked
    monkeypatch.setattr(exporting, "_as_onnx", lambda _whole, _pixels: onnx.load(onnx_file))
    monkeypatch.setattr(exporting, "_asked", lambda path, pixels: asked(path, pixels) + 0.01)
    with pytest.raises(ExportDiffersError):
        write_onnx(trained, weights, [], THRESHOLDS, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


class Moody(torch.nn.Module):
    """A network that looks at its own output before it goes on, which no graph can hold."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        mean = images.mean((2, 3))
        return mean if float(mean.sum()) > 0 else -mean


def test_a_network_that_cannot_be_written_as_onnx_is_named(
    trained: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Whole(Moody(), None, (0.5,) * 3, (0.5,) * 3).eval()
    monkeypatch.setattr(exporting, "open_whole", lambda *_given: whole)
    with pytest.raises(NotAsOnnxError, match=r"tf_efficientnet_lite0.+ cannot be written as ONNX"):
        write_onnx(trained, weights, [], THRESHOLDS, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
