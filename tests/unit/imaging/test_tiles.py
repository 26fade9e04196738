"""The tiles of a large image hold exactly its pixels, at every scale, and a file of them is whole or not there."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.errors import Cancelled
from tests.unit.imaging.icc import press
from worker.imaging import ImageLimits, ImageRefused, to_srgb
from worker.imaging.tiles import OVERLAP, TILE, levels_of, write_pyramid

# JPEG at this quality changes a soft picture by a step or two of 255, and single pixels by some more.
MEAN_STEPS, MOST_STEPS = 1.5, 24


def soft(size: tuple[int, int]) -> Image.Image:
    """Draw waves of some hundred pixels that differ everywhere, as a scan has few hard edges."""
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    waves = [np.sin(x / 131 + y / 977), np.sin(y / 113 - x / 1409), np.sin(x / 307) * np.cos(y / 211)]
    return Image.fromarray(np.stack([127 + 100 * wave for wave in waves], axis=-1).astype(np.uint8))


def read(archive: zipfile.ZipFile, name: str) -> Image.Image:
    picture = Image.open(io.BytesIO(archive.read(name)))
    picture.load()
    return picture


def assert_alike(found: Image.Image, wanted: Image.Image) -> None:
    assert found.size == wanted.size
    steps = np.abs(np.asarray(found, dtype=int) - np.asarray(wanted, dtype=int))
    assert steps.mean() < MEAN_STEPS
    assert steps.max() <= MOST_STEPS


def assert_holds(target: Path, picture: Image.Image) -> int:
    """Compare every tile of every level with the same part of the picture; gives how many there were."""
    with zipfile.ZipFile(target) as archive:
        told = json.loads(archive.read("pyramid.json"))
        assert (told["width"], told["height"]) == picture.size
        names = set(archive.namelist()) - {"pyramid.json"}
        count = len(names)
        for level in range(told["levels"] - 1, -1, -1):
            for row in range(-(-picture.height // TILE)):
                for column in range(-(-picture.width // TILE)):
                    box = (
                        max(0, column * TILE - OVERLAP),
                        max(0, row * TILE - OVERLAP),
                        min(picture.width, (column + 1) * TILE + OVERLAP),
                        min(picture.height, (row + 1) * TILE + OVERLAP),
                    )
                    name = f"{level}/{column}_{row}.jpg"
                    names.remove(name)
                    assert_alike(read(archive, name), picture.crop(box))
            picture = picture.reduce(2)
        assert names == set()
        assert max(picture.size) <= TILE
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
    return count


@pytest.mark.parametrize("size", [(1500, 1100), (1024, 512), (1025, 513), (3, 2), (511, 1537)])
def test_every_tile_holds_its_part_of_the_image(tmp_path: Path, size: tuple[int, int]) -> None:
    picture, source = soft(size), tmp_path / "scan.tif"
    picture.save(source)
    pyramid = write_pyramid(source, tmp_path / "tiles" / "a.zip")
    assert (pyramid.width, pyramid.height) == size
    assert_holds(tmp_path / "tiles" / "a.zip", picture)


@pytest.mark.parametrize("size", [(50_000, 10), (10, 50_000), (1, 1), (5000, 1)])
def test_thin_strips_have_tiles_down_to_one(tmp_path: Path, size: tuple[int, int]) -> None:
    # So soft that it is still soft where a strip is shrunk to the hundredth part.
    picture, source = soft((max(size[0] // 50, 1), max(size[1] // 50, 1))).resize(size), tmp_path / "strip.png"
    picture.save(source)
    pyramid = write_pyramid(source, tmp_path / "a.zip")
    assert pyramid.levels == levels_of(*size)
    assert assert_holds(tmp_path / "a.zip", picture) >= pyramid.levels


def test_levels_are_counted_as_the_browser_counts_them() -> None:
    assert [levels_of(side, 1) for side in (1, 512, 513, 1024, 1025, 12_000)] == [1, 1, 2, 2, 3, 6]


def colours(tmp_path: Path) -> dict[str, Path]:
    """Write one picture in the ways that scanners and presses do."""
    picture = soft((700, 600))
    grey = np.asarray(picture.convert("L"), dtype=np.uint16) * 257
    turned = Image.Exif()
    turned[0x0112] = 6
    half_seen = picture.copy()
    half_seen.putalpha(120)
    ways: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
        "upright": (picture, "jpg", {"exif": turned, "quality": 95}),
        "turned": (picture, "tif", {"exif": turned}),
        "deep": (Image.fromarray(grey), "tif", {}),
        "float": (Image.fromarray((grey / 65535).astype(np.float32)), "tif", {}),
        "cmyk": (picture.convert("CMYK"), "tif", {}),
        "press": (picture.convert("CMYK"), "tif", {"icc_profile": press()}),
        "lab": (picture.convert("LAB"), "tif", {}),
        "alpha": (half_seen, "png", {}),
        "palette": (picture.convert("P"), "png", {}),
        "line": (picture.convert("1"), "tif", {"compression": "group4"}),
    }
    paths = {}
    for name, (made, kind, options) in ways.items():
        paths[name] = tmp_path / f"{name}.{kind}"
        made.save(paths[name], **options)
    return paths


@pytest.mark.parametrize("name", ["upright", "turned", "deep", "float", "cmyk", "press", "lab", "alpha"])
def test_tiles_look_as_the_screen_version_does(tmp_path: Path, name: str) -> None:
    source = colours(tmp_path)[name]
    write_pyramid(source, tmp_path / "a.zip")
    assert_holds(tmp_path / "a.zip", to_srgb(source))


@pytest.mark.parametrize("name", ["palette", "line"])
def test_hard_pixels_keep_their_mean(tmp_path: Path, name: str) -> None:
    # JPEG rings about hard pixels, as it does in the screen version; none of them is lost.
    source = colours(tmp_path)[name]
    write_pyramid(source, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        tile = np.asarray(read(archive, "1/0_0.jpg"), dtype=float)
    wanted = np.asarray(to_srgb(source).crop((0, 0, TILE + OVERLAP, TILE + OVERLAP)), dtype=float)
    assert np.abs(tile.mean(axis=(0, 1)) - wanted.mean(axis=(0, 1))).max() < 2


def test_no_metadata_is_served(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at the archive"
    soft((600, 600)).save(tmp_path / "a.jpg", exif=exif, comment=b"secret place")
    write_pyramid(tmp_path / "a.jpg", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        tile = read(archive, "1/0_0.jpg")
    assert not tile.getexif()
    assert "comment" not in tile.info


def test_a_broken_file_leaves_nothing(tmp_path: Path) -> None:
    soft((1500, 1100)).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:9000])
    (tmp_path / "text.jpg").write_text("no picture")
    for name in ("cut.jpg", "text.jpg", "missing.jpg"):
        with pytest.raises(ImageRefused):
            write_pyramid(tmp_path / name, tmp_path / "tiles" / "a.zip")
    with pytest.raises(ImageRefused, match="megapixels"):
        write_pyramid(tmp_path / "whole.jpg", tmp_path / "tiles" / "a.zip", ImageLimits(pixels=1_000_000))
    assert list((tmp_path / "tiles").iterdir()) == []


def test_work_that_is_stopped_leaves_what_was_there(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []

    def step(done: int, total: int) -> None:
        calls.append((done, total))
        if len(calls) == 3:
            raise Cancelled

    soft((1500, 1100)).save(tmp_path / "a.tif")
    target = tmp_path / "tiles" / "a.zip"
    write_pyramid(tmp_path / "a.tif", target)
    before = target.read_bytes()
    with pytest.raises(Cancelled):
        write_pyramid(tmp_path / "a.tif", target, step=step)
    assert calls == [(0, 6), (1, 6), (2, 6)]
    assert [path.name for path in target.parent.iterdir()] == ["a.zip"]
    assert target.read_bytes() == before


def test_every_row_is_told(tmp_path: Path) -> None:
    soft((1500, 1100)).save(tmp_path / "a.tif")
    calls: list[tuple[int, int]] = []
    write_pyramid(tmp_path / "a.tif", tmp_path / "a.zip", step=lambda done, total: calls.append((done, total)))
    # 1100, 550 and 275 rows of pixels are 3, 2 and 1 rows of tiles.
    assert calls == [(done, 6) for done in range(6)]
