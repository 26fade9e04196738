from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.statuses import Split
from tests.unit.ml.pictures import save
from worker.ml.activation import ActivationMap, ViewMap
from worker.ml.backbones import Transform
from worker.ml.callbacks import Monitor, Progress, Stage
from worker.ml.dataset import PADDED, box_of
from worker.ml.finetune_config import FinetuneConfig
from worker.ml.map_drawing import SIDE, place
from worker.ml.reading import decode, input_of, views_of

TRANSFORM = Transform(224, "bilinear", 0.875, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
CONFIG = FinetuneConfig(size=32)


def wide(folder: Path) -> Image.Image:
    """Twice as wide as high: red, green in the middle half, blue."""
    image = Image.new("RGB", (128, 64), (0, 255, 0))
    image.paste((255, 0, 0), (0, 0, 32, 64))
    image.paste((0, 0, 255), (96, 0, 128, 64))
    return image


@pytest.mark.parametrize(
    ("resize", "left", "top"),
    [("squish", (255, 0, 0), (0, 255, 0)), ("crop", (0, 255, 0), (0, 255, 0)), ("pad", (255, 0, 0), (0, 0, 0))],
)
def test_an_image_becomes_a_square_as_asked_for(resize, left, top, tmp_path: Path) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    config = replace(CONFIG, resize=resize)
    item = save(wide(tmp_path), tmp_path / "wide.png")
    pixels = decode([item], TRANSFORM, config, Split.VALIDATION, tmp_path / "pixels", Monitor())
    assert pixels.shape == (1, 32, 32, 3)
    assert tuple(pixels[0, 16, 1]) == left
    assert tuple(pixels[0, 1, 16]) == top
    assert input_of(TRANSFORM, config).size == 32
    assert len(views_of(config)) == 1


def test_only_training_images_are_read_larger(tmp_path: Path) -> None:
    config = replace(CONFIG, presize=48)
    item = save(wide(tmp_path), tmp_path / "wide.png")
    seen: list[Progress] = []
    for split, side in ((Split.TRAIN, 48), (Split.VALIDATION, 32)):
        pixels = decode([item] * 3, TRANSFORM, config, split, tmp_path / split.value, Monitor(seen.append))
        assert pixels.shape == (3, side, side, 3)
        assert isinstance(pixels, np.memmap)
    assert {report.stage for report in seen} == {Stage.READING}
    assert decode([], TRANSFORM, config, Split.TRAIN, tmp_path / "none", Monitor()).shape == (0, 48, 48, 3)


def test_a_map_over_an_image_between_bars_lies_on_the_image() -> None:
    assert box_of((128, 64), PADDED, 0.875) == (0, -32, 128, 96)
    # Only the row of cells just below the middle speaks for the label.
    cells = np.zeros((4, 4), dtype=np.float32)
    cells[2] = 1
    density = place(ActivationMap((ViewMap((0, -0.5, 1, 1.5), cells),), 2.0, 1.0, 0.0))
    assert density.shape == (SIDE // 2, SIDE)
    strongest = int(density.sum(axis=1).argmax())
    assert SIDE // 4 < strongest < SIDE // 2 * 0.95
    assert density[: SIDE // 16].max() < density.max() / 10
