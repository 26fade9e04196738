"""What is accepted as an image, what is refused, and in which words."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from worker.imaging import ImageLimits, ImageRefused, inspect_image


def noise(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    return Image.effect_noise(size, 90).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def refusal(tmp_path: Path, data: bytes, name: str = "a.jpg", limits: ImageLimits | None = None) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ImageRefused) as caught:
        inspect_image(path, limits or ImageLimits())
    return caught.value.sentence


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *extra: bytes, body: bytes = b"") -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = png_chunk(b"IDAT", body or zlib.compress(b"\x00" * (width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "name", "media_type"),
    [
        ("JPEG", "a.jpg", "image/jpeg"),
        ("PNG", "a.png", "image/png"),
        ("TIFF", "a.tif", "image/tiff"),
        ("WEBP", "a.webp", "image/webp"),
        ("GIF", "a.gif", "image/gif"),
        ("BMP", "a.bmp", "image/bmp"),
        ("JPEG2000", "a.jp2", "image/jp2"),
        ("AVIF", "a.avif", "image/avif"),
        ("PPM", "a.ppm", "image/x-portable-anymap"),
    ],
)
def test_each_supported_format_is_described(tmp_path: Path, kind: str, name: str, media_type: str) -> None:
    path = tmp_path / name
    path.write_bytes(encoded(noise(), kind))
    info = inspect_image(path)
    assert (info.format, info.media_type, info.width, info.height) == (kind, media_type, 64, 48)
    assert (info.frames, info.exif_orientation, info.notes) == (1, 1, ())


def test_the_size_is_that_of_the_upright_image(tmp_path: Path) -> None:
    for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png"), ("TIFF", "a.tif"), ("WEBP", "a.webp")):
        exif = Image.Exif()
        exif[0x0112] = 6
        (tmp_path / name).write_bytes(encoded(noise((64, 48)), kind, exif=exif))
        info = inspect_image(tmp_path / name)
        assert (info.width, info.height, info.exif_orientation) == (48, 64, 6), kind


def test_a_wrong_extension_is_read_by_content_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "scan.JPG"
    path.write_bytes(encoded(noise(), "PNG"))
    info = inspect_image(path)
    assert info.format == "PNG"
    assert info.notes == ("The name ends in .jpg, but this is a PNG image; it was read as what it is.",)


def test_a_name_without_extension_is_no_cause_for_a_note(tmp_path: Path) -> None:
    path = tmp_path / "0f3a"
    path.write_bytes(encoded(noise(), "PNG"))
    assert inspect_image(path).notes == ()


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "empty (0 bytes)" in refusal(tmp_path, b"")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageRefused, match="no longer there"):
        inspect_image(tmp_path / "gone.jpg")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageRefused, match="cannot be read"):
        inspect_image(tmp_path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7\n...", "PDF document"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC photograph"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00", "a video"),
        (b"<!DOCTYPE html><html><title>404</title>", "web page"),
        (b"PK\x03\x04\x14\x00\x00\x00", "archive or an office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office document"),
        (b"8BPS\x00\x01", "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        (b"AT&TFORM", "DjVu"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "camera raw"),
        (b"file,label\r\na.jpg,human\r\n", "text file"),
        (b"\x00" * 5000, "only zero bytes"),
        (bytes(range(1, 256)), "not an image in a format"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "end of the image is missing"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refusal(tmp_path, data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "JPEG2000", "AVIF", "PPM"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_image_is_refused(tmp_path: Path, kind: str, kept: float) -> None:
    data = encoded(noise((400, 300)), kind)
    sentence = refusal(tmp_path, data[: int(len(data) * kept)])
    assert "missing" in sentence or "damaged" in sentence


def test_a_truncated_progressive_jpeg_is_refused_and_says_so(tmp_path: Path) -> None:
    data = encoded(noise((400, 300)), "JPEG", progressive=True)
    assert "The end of the image is missing" in refusal(tmp_path, data[: len(data) // 2])


def test_a_tiff_with_damaged_strips_is_refused(tmp_path: Path) -> None:
    for compression in ("tiff_lzw", "tiff_deflate"):
        data = bytearray(encoded(noise((400, 300)), "TIFF", compression=compression))
        data[len(data) // 3 : len(data) // 3 + 400] = b"\x00" * 400
        sentence = refusal(tmp_path, bytes(data), "a.tif")
        assert "damaged" in sentence or "missing" in sentence


def test_forged_dimensions_are_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, png(60_000, 60_000, body=zlib.compress(b"")), "a.png")
    assert "larger than 200 megapixels" in sentence
    sentence = refusal(tmp_path, png(2**31 - 1, 2**31 - 1, body=zlib.compress(b"")), "a.png")
    assert "larger than 200 megapixels" in sentence
    sentence = refusal(tmp_path, png(80_000, 2, body=zlib.compress(b"")), "a.png")
    assert "80000 x 2 pixels" in sentence


def test_the_pixel_limit_can_be_chosen(tmp_path: Path) -> None:
    limits = ImageLimits(pixels=1_000_000)
    sentence = refusal(tmp_path, encoded(Image.new("1", (1001, 1000)), "PNG"), "a.png", limits)
    assert "1 megapixels" in sentence
    assert "1001 x 1000" in sentence


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    assert "at most 0 MB" in refusal(tmp_path, b"x" * 2000, limits=ImageLimits(file_bytes=1000))


def test_a_bomb_in_a_text_chunk_is_refused(tmp_path: Path) -> None:
    bomb = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"\x00" * 20_000_000))
    assert "unpacks to an enormous size" in refusal(tmp_path, png(8, 8, bomb), "a.png")


def test_many_text_chunks_are_refused(tmp_path: Path) -> None:
    chunk = png_chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"\x00" * 1_000_000))
    assert "unpacks to an enormous size" in refusal(tmp_path, png(8, 8, *[chunk] * 80), "a.png")


def test_a_broken_checksum_is_refused(tmp_path: Path) -> None:
    data = bytearray(encoded(noise(), "PNG"))
    data[data.index(b"IDAT") + 40] ^= 0xFF
    assert "damaged" in refusal(tmp_path, bytes(data), "a.png")


def test_a_damaged_colour_profile_is_noted_and_costs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(noise(), "JPEG", icc_profile=b"not a profile at all" * 20))
    assert any("colour profile is damaged" in note for note in inspect_image(path).notes)


def test_a_damaged_exif_block_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(noise(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + bytes(range(40))))
    assert inspect_image(path).exif_orientation == 1


def test_an_impossible_orientation_counts_as_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(noise(), "JPEG", exif=exif))
    assert inspect_image(path).exif_orientation == 1


def test_only_the_first_of_many_pictures_is_used_and_that_is_noted(tmp_path: Path) -> None:
    for kind, name in (("GIF", "a.gif"), ("TIFF", "a.tif"), ("WEBP", "a.webp"), ("PNG", "a.png")):
        frames = [noise() for _index in range(3)]
        (tmp_path / name).write_bytes(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
        info = inspect_image(tmp_path / name)
        assert info.frames == 3, kind
        assert info.notes == ("The file holds 3 pictures; the first one is used.",)


def test_transparency_is_told(tmp_path: Path) -> None:
    rgba = noise().convert("RGBA")
    rgba.putalpha(10)
    palette = noise().convert("P")
    cases = {
        "a.png": (encoded(rgba, "PNG"), True),
        "b.png": (encoded(noise(), "PNG"), False),
        "c.png": (encoded(palette, "PNG", transparency=3), True),
        "d.png": (encoded(noise(), "PNG", transparency=(1, 2, 3)), True),
    }
    for name, (data, expected) in cases.items():
        (tmp_path / name).write_bytes(data)
        assert inspect_image(tmp_path / name).has_alpha is expected, name


def test_text_in_a_png_is_no_obstacle(tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "Seattle post-intelligencer, 1897", zip=True)
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise(), "PNG", pnginfo=text))
    assert inspect_image(path).format == "PNG"
