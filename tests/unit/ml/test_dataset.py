from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.unit.ml.pictures import save
from worker.ml.backbones import VIEWS, Transform
from worker.ml.dataset import ImageUnreadableError, Item, read_batches, read_views, run_over

HALVES = (0.5, 0.5, 0.5)
TRANSFORM = Transform(16, "bicubic", 0.5, HALVES, HALVES)


def mean_colour(images: torch.Tensor) -> torch.Tensor:
    return images.mean(dim=(2, 3))


def bars(width: int = 120, height: int = 60) -> Image.Image:
    """Red at the left edge, green in the middle, blue at the right edge."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 4, 0] = 255
    pixels[:, width // 4 : -width // 4, 1] = 255
    pixels[:, -width // 4 :, 2] = 255
    return Image.fromarray(pixels)


def test_the_whole_view_shows_the_edges_and_the_centre_view_does_not(tmp_path: Path) -> None:
    whole, centre = read_views(save(bars(), tmp_path / "a.png"), TRANSFORM, VIEWS)
    assert whole.shape == centre.shape == (16, 16, 3)
    assert whole[8, 0].argmax() == 0
    assert whole[8, 15].argmax() == 2
    assert (centre.argmax(axis=2) == 1).all()


def test_the_orientation_of_an_original_is_followed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    bars().save(path, exif=exif, quality=95)
    (whole,) = read_views(Item("0", path), TRANSFORM, ("whole",))
    # Turned by a quarter, what was left is on top.
    assert whole[0, 8].argmax() == 0
    assert whole[15, 8].argmax() == 2


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_every_kind_of_pixel_becomes_three_channels(tmp_path: Path, mode: str) -> None:
    suffix = ".jpg" if mode == "CMYK" else ".png"
    item = save(bars().convert(mode), tmp_path / f"a{suffix}")
    assert read_views(item, TRANSFORM, VIEWS)[0].shape == (16, 16, 3)


def test_a_large_jpeg_looks_the_same_as_when_decoded_in_full(tmp_path: Path) -> None:
    item = save(bars(1200, 600), tmp_path / "a.jpg")
    (quick,) = read_views(item, TRANSFORM, ("whole",))
    exact = np.asarray(Image.open(item.path).resize((16, 16), Image.Resampling.BICUBIC))
    assert np.abs(quick.astype(int) - exact).mean() < 3


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    item = Item("0", tmp_path / "e3b0", "Berlin 1901.jpg")
    with pytest.raises(ImageUnreadableError, match=r"“Berlin 1901\.jpg” cannot be read: its file is missing") as caught:
        read_views(item, TRANSFORM, VIEWS)
    assert caught.value.item is item


@pytest.mark.parametrize("keep", [0, 1, 100, 600])
def test_a_damaged_file_is_named(tmp_path: Path, keep: int) -> None:
    item = save(bars(), tmp_path / "cut.jpg")
    item.path.write_bytes(item.path.read_bytes()[:keep])
    with pytest.raises(ImageUnreadableError, match=r"“cut\.jpg” cannot be read: its file is damaged"):
        list(read_batches([item], TRANSFORM, "whole", 1))


def test_batches_come_in_order_and_stop_when_no_one_wants_more(tmp_path: Path) -> None:
    items = [save(Image.new("RGB", (20, 20), (shade, 0, 0)), tmp_path / f"{shade}.png") for shade in range(50)]
    read = np.concatenate(list(read_batches(items, TRANSFORM, "whole", 3)))
    assert read[:, 0, 0, 0].tolist() == list(range(50))
    assert len(next(read_batches(items, TRANSFORM, "whole", 3))) == 3


def test_a_network_sees_normalised_pixels_and_the_views_are_averaged(tmp_path: Path) -> None:
    items = [save(Image.new("RGB", (20, 20), (shade, 255, 0)), tmp_path / f"{shade}.png") for shade in (0, 51)]
    means = np.concatenate(list(run_over(items, TRANSFORM, VIEWS, "cpu", mean_colour)))
    assert np.allclose(means, np.array([[-1, 1, -1], [-0.6, 1, -1]]), atol=1e-6)


def test_the_network_runs_on_one_core_per_batch_and_leaves_the_others_alone(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    seen: list[int] = []

    def run(images: torch.Tensor) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return images[:, 0, 0]

    item = save(bars(), tmp_path / "a.png")
    list(run_over([item] * 9, TRANSFORM, VIEWS, "cpu", run))
    assert set(seen) == {1}
    assert torch.get_num_threads() == before
