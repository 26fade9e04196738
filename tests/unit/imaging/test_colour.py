"""Known pixels of every kind of file come out as the right sRGB colours."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from tests.unit.imaging.icc import linear_grey, press, swapped_primaries
from worker.imaging import to_srgb

Pixel = tuple[int, int, int]


def saved(tmp_path: Path, image: Image.Image, kind: str, **options: object) -> Path:
    path = tmp_path / f"picture.{kind.lower()}"
    image.save(path, kind, **options)
    return path


def pixel(path: Path, at: tuple[int, int] = (4, 4)) -> Pixel:
    picture = to_srgb(path)
    assert picture.mode == "RGB"
    value = picture.getpixel(at)
    assert isinstance(value, tuple)
    return int(value[0]), int(value[1]), int(value[2])


def close(found: Pixel, wanted: Pixel, by: int = 2) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_every_exif_orientation_ends_upright(tmp_path: Path, orientation: int, kind: str) -> None:
    upright = Image.new("RGB", (24, 16), "white")
    upright.paste((255, 0, 0), (0, 0, 8, 8))
    # What a camera held that way would have stored: the inverse of what the viewer has to do.
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"exif": exif, **({"lossless": True} if kind == "WEBP" else {})}
    picture = to_srgb(saved(tmp_path, stored, kind, **options))
    assert picture.size == (24, 16)
    assert np.array_equal(np.asarray(picture), np.asarray(upright))


def test_cmyk_without_a_profile_keeps_its_hue(tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert close(pixel(saved(tmp_path, image, "TIFF")), (255, 0, 0))
    assert close(pixel(saved(tmp_path, image, "JPEG", quality=100)), (255, 0, 0), by=4)


def test_a_cmyk_jpeg_without_adobes_marker_is_not_inverted(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(buffer, "JPEG", quality=100)
    data = buffer.getvalue()
    start = data.index(b"\xff\xee")
    (length,) = struct.unpack(">H", data[start + 2 : start + 4])
    path = tmp_path / "plain.jpg"
    # The stored bytes are (255, 0, 0, 255); without the marker they mean full cyan and full black.
    path.write_bytes(data[:start] + data[start + 2 + length :])
    assert close(pixel(path), (0, 0, 0), by=4)


def test_cmyk_follows_its_profile(tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    for kind in ("TIFF", "JPEG"):
        red, green, blue = pixel(saved(tmp_path, image, kind, icc_profile=press()))
        assert red > 200
        assert green < 60
        assert blue < 60


def test_rgb_follows_its_profile(tmp_path: Path) -> None:
    image = Image.new("RGB", (16, 16), (255, 0, 0))
    assert close(pixel(saved(tmp_path, image, "PNG", icc_profile=swapped_primaries())), (0, 0, 255))


def test_grey_follows_its_profile(tmp_path: Path) -> None:
    image = Image.new("L", (16, 16), 128)
    # sRGB encodes half of the light as 188.
    assert close(pixel(saved(tmp_path, image, "PNG", icc_profile=linear_grey())), (188, 188, 188))
    deep = Image.fromarray(np.full((16, 16), 128 * 257, dtype=np.uint16))
    assert close(pixel(saved(tmp_path, deep, "PNG", icc_profile=linear_grey())), (188, 188, 188))


def test_transparency_and_profile_work_together(tmp_path: Path) -> None:
    image = Image.new("RGBA", (16, 16), (255, 0, 0, 128))
    assert close(pixel(saved(tmp_path, image, "PNG", icc_profile=swapped_primaries())), (127, 127, 255))
    grey = Image.new("LA", (16, 16), (128, 255))
    assert close(pixel(saved(tmp_path, grey, "PNG", icc_profile=linear_grey())), (188, 188, 188))


def test_a_palette_follows_the_profile(tmp_path: Path) -> None:
    image = Image.new("RGB", (16, 16), (255, 0, 0)).quantize(4)
    assert close(pixel(saved(tmp_path, image, "PNG", icc_profile=swapped_primaries())), (0, 0, 255))


def test_a_damaged_or_foreign_profile_is_ignored(tmp_path: Path) -> None:
    image = Image.new("RGB", (16, 16), (200, 30, 60))
    assert pixel(saved(tmp_path, image, "PNG", icc_profile=b"garbage" * 40)) == (200, 30, 60)
    assert pixel(saved(tmp_path, image, "PNG", icc_profile=press())) == (200, 30, 60)
    assert pixel(saved(tmp_path, image, "PNG", icc_profile=swapped_primaries()[:300])) == (200, 30, 60)


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16)[None, :].repeat(4, axis=0)
    for kind in ("PNG", "TIFF"):
        picture = np.asarray(to_srgb(saved(tmp_path, Image.fromarray(ramp), kind)))[0, :, 0].astype(int)
        assert np.abs(picture - np.arange(256)).max() <= 1


def test_a_dark_sixteen_bit_grey_stays_dark(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((16, 16), 2570, dtype=np.uint16))
    assert pixel(saved(tmp_path, image, "PNG")) == (10, 10, 10)


def test_white_is_zero_is_turned_round(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((16, 16), 65535, dtype=np.uint16))
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    path = saved(tmp_path, image, "TIFF", tiffinfo=tags)
    data = bytearray(path.read_bytes())
    # The tag PhotometricInterpretation (262), one SHORT, goes from 1 (black is zero) to 0.
    entry = data.index(struct.pack("<HHI", 262, 3, 1))
    data[entry + 8 : entry + 10] = b"\x00\x00"
    path.write_bytes(bytes(data))
    assert pixel(path) == (0, 0, 0)


def test_twelve_bit_samples_reach_white(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((16, 16), 4095, dtype=np.uint16))
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[281] = 4095
    assert pixel(saved(tmp_path, image, "TIFF", tiffinfo=tags)) == (255, 255, 255)


def test_a_false_maximum_does_not_clip(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((16, 16), 40000, dtype=np.uint16))
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[281] = 255
    assert close(pixel(saved(tmp_path, image, "TIFF", tiffinfo=tags)), (156, 156, 156))


def test_sixteen_bit_rgb_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "deep.ppm"
    path.write_bytes(b"P6 2 2 65535\n" + struct.pack(">3H", 65535, 32896, 0) * 4)
    assert close(pixel(path, (1, 1)), (255, 128, 0))


@pytest.mark.parametrize(
    ("value", "other", "wanted"),
    [(0.5, 1.0, 128), (128.0, 255.0, 128), (32896.0, 65535.0, 128), (0.0, float("nan"), 0), (-1.0, 3.0, 0)],
)
def test_float_samples_use_the_range_they_are_in(tmp_path: Path, value: float, other: float, wanted: int) -> None:
    samples = np.full((16, 16), value, dtype=np.float32)
    samples[0, 0] = other
    assert close(pixel(saved(tmp_path, Image.fromarray(samples), "TIFF")), (wanted, wanted, wanted))


def test_float_samples_that_are_all_nan_or_all_the_same_are_read(tmp_path: Path) -> None:
    samples = np.full((16, 16), np.nan, dtype=np.float32)
    assert pixel(saved(tmp_path, Image.fromarray(samples), "TIFF")) == (0, 0, 0)
    samples = np.full((16, 16), 1e30, dtype=np.float32)
    assert pixel(saved(tmp_path, Image.fromarray(samples), "TIFF")) == (0, 0, 0)


def test_thirty_two_bit_integers_are_scaled(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((16, 16), 32896, dtype=np.int32))
    assert close(pixel(saved(tmp_path, image, "TIFF")), (128, 128, 128))


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    srgb = ImageCms.createProfile("sRGB")
    lab = ImageCms.createProfile("LAB")
    source = Image.new("RGB", (16, 16), (200, 60, 40))
    image = ImageCms.profileToProfile(source, srgb, lab, outputMode="LAB")
    assert image is not None
    assert close(pixel(saved(tmp_path, image, "TIFF")), (200, 60, 40), by=4)


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    image = Image.new("1", (16, 16), 1)
    image.paste(0, (0, 0, 8, 8))
    for kind, options in (("PNG", {}), ("TIFF", {"compression": "group4"}), ("PPM", {}), ("BMP", {})):
        path = saved(tmp_path, image, kind, **options)
        assert pixel(path) == (0, 0, 0)
        assert pixel(path, (12, 12)) == (255, 255, 255)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    assert close(pixel(saved(tmp_path, Image.new("RGBA", (16, 16), (0, 0, 0, 0)), "PNG")), (255, 255, 255))
    assert close(pixel(saved(tmp_path, Image.new("RGBA", (16, 16), (255, 0, 0, 128)), "PNG")), (255, 127, 127))
    assert close(pixel(saved(tmp_path, Image.new("LA", (16, 16), (0, 128)), "PNG")), (127, 127, 127))


def test_a_transparent_palette_entry_is_white(tmp_path: Path) -> None:
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 10, 20, 30, 40, 50, 60])
    image.paste(2, (8, 8, 16, 16))
    for kind in ("PNG", "GIF"):
        path = saved(tmp_path, image, kind, transparency=1)
        assert pixel(path) == (255, 255, 255)
        assert pixel(path, (12, 12)) == (40, 50, 60)
    shades = saved(tmp_path, image, "PNG", transparency=b"\xff\x80\xff")
    assert close(pixel(shades), (132, 137, 142))


def test_one_colour_declared_transparent_is_white(tmp_path: Path) -> None:
    image = Image.new("RGB", (16, 16), (9, 9, 9))
    image.paste((200, 0, 0), (8, 8, 16, 16))
    path = saved(tmp_path, image, "PNG", transparency=(9, 9, 9))
    assert pixel(path) == (255, 255, 255)
    assert pixel(path, (12, 12)) == (200, 0, 0)
    assert to_srgb(path, longest=8).getpixel((1, 1)) == (255, 255, 255)


def test_an_animation_shows_its_first_picture(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "PNG", "WEBP", "TIFF"):
        path = saved(tmp_path, frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        assert close(pixel(path), (255, 0, 0), by=4), kind


def test_a_longest_side_shrinks_and_never_enlarges(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (600, 300), (10, 200, 30)), "JPEG")
    assert to_srgb(path, longest=100).size == (100, 50)
    assert to_srgb(path, longest=4000).size == (600, 300)
    assert close(tuple(to_srgb(path, longest=100).getpixel((50, 25))), (10, 200, 30), by=3)  # type: ignore[arg-type]


def test_a_very_long_strip_keeps_a_pixel_of_height(tmp_path: Path) -> None:
    assert to_srgb(saved(tmp_path, Image.new("L", (5000, 2), 7), "PNG"), longest=100).size == (100, 1)
