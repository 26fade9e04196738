"""The small versions that pages show: their sizes, their privacy, and that nobody sees half of one."""

from pathlib import Path

import pytest
from PIL import Image

from worker.imaging import ImageRefused, Rendition, write_rendition, write_renditions


def source(tmp_path: Path, size: tuple[int, int] = (3000, 1500)) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "Taken at the archive"
    exif.get_ifd(0x8825)[1] = "N"
    path = tmp_path / "source.jpg"
    Image.new("RGB", size, (180, 90, 40)).save(path, exif=exif, comment=b"secret place")
    return path


def test_sizes_follow_the_upright_image(tmp_path: Path) -> None:
    targets = {Rendition.THUMBNAIL: tmp_path / "t" / "1.jpg", Rendition.SCREEN: tmp_path / "s" / "1.jpg"}
    sizes = write_renditions(source(tmp_path), targets)
    assert sizes == {Rendition.THUMBNAIL: (160, 320), Rendition.SCREEN: (1024, 2048)}
    for kind, path in targets.items():
        with Image.open(path) as image:
            assert image.size == sizes[kind]
            assert image.format == "JPEG"


def test_a_small_image_is_not_enlarged(tmp_path: Path) -> None:
    assert write_rendition(source(tmp_path, (100, 50)), tmp_path / "s.jpg", Rendition.SCREEN) == (50, 100)


def test_no_metadata_is_served(tmp_path: Path) -> None:
    target = tmp_path / "s.jpg"
    write_rendition(source(tmp_path), target, Rendition.SCREEN)
    with Image.open(target) as image:
        assert not image.getexif()
        assert "exif" not in image.info
    data = target.read_bytes()
    assert b"secret" not in data
    assert b"archive" not in data


def test_a_rendition_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "renditions"
    folder.mkdir()
    target = folder / "s.jpg"
    target.write_bytes(b"old")
    write_rendition(source(tmp_path), target, Rendition.THUMBNAIL)
    assert [path.name for path in folder.iterdir()] == ["s.jpg"]
    assert target.read_bytes()[:2] == b"\xff\xd8"


def test_a_failure_leaves_the_old_file_and_no_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "renditions"
    folder.mkdir()
    target = folder / "s.jpg"
    target.write_bytes(b"old")

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    path = source(tmp_path)
    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        write_rendition(path, target, Rendition.THUMBNAIL)
    assert [found.name for found in folder.iterdir()] == ["s.jpg"]
    assert target.read_bytes() == b"old"


def test_a_damaged_source_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    path = source(tmp_path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(ImageRefused):
        write_rendition(path, tmp_path / "out" / "s.jpg", Rendition.SCREEN)
    assert not (tmp_path / "out").exists()
