"""Uploaded zips, honest and hostile."""

import binascii
import io
import stat
import struct
import unicodedata
import zipfile
from pathlib import Path

import pytest

from app.formats.archives import open_archive
from app.formats.entries import EntryRefused, Source, SourceLimits, SourceRefused

LIMITS = SourceLimits()


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def packed_infos(*infos: zipfile.ZipInfo) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for info in infos:
            archive.writestr(info, b"data")
    return buffer.getvalue()


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "upload.zip"
    path.write_bytes(data)
    return path


def listed(tmp_path: Path, data: bytes, limits: SourceLimits = LIMITS) -> Source:
    with open_archive(saved(tmp_path, data), limits) as source:
        return source


def reasons(source: Source) -> dict[str, str]:
    return {refusal.file: refusal.reason for refusal in source.refused}


def names(source: Source) -> list[str]:
    return [entry.name for entry in source.entries]


def refused_whole(tmp_path: Path, data: bytes, limits: SourceLimits = LIMITS) -> str:
    with pytest.raises(SourceRefused) as caught, open_archive(saved(tmp_path, data), limits):
        pass
    return caught.value.sentence


def refused_on_copy(tmp_path: Path, data: bytes, limits: SourceLimits = LIMITS) -> tuple[str, int]:
    target = io.BytesIO()
    with open_archive(saved(tmp_path, data), limits) as source, pytest.raises(EntryRefused) as caught:
        source.entries[0].copy_to(target)
    return caught.value.sentence, len(target.getvalue())


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"1900/a.jpg": b"one" * 1000, "b.png": b"", "labels.csv": b"file,label\n"}
    with open_archive(saved(tmp_path, packed(files)), LIMITS) as source:
        assert names(source) == ["1900/a.jpg", "b.png"]
        assert [entry.name for entry in source.csv_entries] == ["labels.csv"]
        for entry in [*source.entries, *source.csv_entries]:
            target = io.BytesIO()
            assert entry.copy_to(target) == entry.size
            assert target.getvalue() == files[entry.name]
    assert source.refused == []


def test_folders_and_litter_are_left_out_silently(tmp_path: Path) -> None:
    litter = ["folder/", "__MACOSX/._a.jpg", ".DS_Store", "x/Thumbs.db", "._b.jpg", ".git/config", "desktop.ini"]
    source = listed(tmp_path, packed({**dict.fromkeys(litter, b"x"), "a.jpg": b"x"}))
    assert names(source) == ["a.jpg"]
    assert source.refused == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.jpg", "leads out"),
        ("a/../../evil.jpg", "leads out"),
        ("..\\..\\evil.jpg", "leads out"),
        ("/etc/passwd", "absolute"),
        ("\\\\server\\share\\a.jpg", "absolute"),
        ("C:\\Windows\\a.jpg", "absolute"),
        ("c:a.jpg", "absolute"),
        ("a\nb.jpg", "cannot be written or shown"),
        ("x" * 5000 + ".jpg", "longer than 4096"),
        ("inner.zip", "archive inside"),
        ("inner.tar.gz", "archive inside"),
    ],
)
def test_names_that_lead_elsewhere_are_refused_one_by_one(tmp_path: Path, name: str, words: str) -> None:
    source = listed(tmp_path, packed({name: b"x", "a.jpg": b"x"}))
    assert names(source) == ["a.jpg"]
    (refusal,) = source.refused
    assert words in refusal.reason
    assert len(refusal.file) <= 300
    assert "\n" not in refusal.file


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    data = packed({"aXb.jpg": b"x"}).replace(b"aXb.jpg", b"a\x00b.jpg")
    assert "cannot be written" in listed(tmp_path, data).refused[0].reason


def test_backslashes_of_windows_programs_are_folders(tmp_path: Path) -> None:
    assert names(listed(tmp_path, packed({"1900\\a.jpg": b"x", "./b//c.jpg": b"x"}))) == ["1900/a.jpg", "b/c.jpg"]


def test_links_and_special_files_are_refused(tmp_path: Path) -> None:
    link, pipe = zipfile.ZipInfo("link.jpg"), zipfile.ZipInfo("pipe.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipe.external_attr = (stat.S_IFIFO | 0o600) << 16
    found = reasons(listed(tmp_path, packed_infos(link, pipe)))
    assert "link to another file" in found["link.jpg"]
    assert "special file" in found["pipe.jpg"]


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    data = bytearray(packed({"a.jpg": b"x", "b.jpg": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    source = listed(tmp_path, bytes(data))
    assert "encrypted" in reasons(source)["a.jpg"]
    assert names(source) == ["b.jpg"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_bounded_are_refused(tmp_path: Path, method: int) -> None:
    assert "by a method" in reasons(listed(tmp_path, packed({"a.jpg": b"x" * 100}, method)))["a.jpg"]


def test_a_second_file_of_the_same_name_is_refused(tmp_path: Path) -> None:
    composed, split = unicodedata.normalize("NFC", "é.jpg"), unicodedata.normalize("NFD", "é.jpg")
    source = listed(tmp_path, packed({"a.jpg": b"1", "./a.jpg": b"2", composed: b"3", split: b"4"}))
    assert names(source) == ["a.jpg", composed]
    assert all("two files of this name" in reason for reason in reasons(source).values())


def renamed(old: bytes, new: bytes) -> bytes:
    """Write bytes of another encoding as a name, without the flag that declares UTF-8."""
    return packed({old.decode(): b"x"}).replace(old, new)


def test_names_in_any_encoding_are_read_right(tmp_path: Path) -> None:
    assert names(listed(tmp_path, packed({"Zürich.jpg": b"x"}))) == ["Zürich.jpg"]
    assert names(listed(tmp_path, renamed(b"Z__rich.jpg", "Zürich.jpg".encode()))) == ["Zürich.jpg"]
    assert names(listed(tmp_path, renamed(b"Z_rich.jpg", "Zürich.jpg".encode("cp437")))) == ["Zürich.jpg"]


def test_a_name_in_the_unicode_field_is_preferred(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("Z_rich.jpg")
    name = "Żürich.jpg".encode()
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, binascii.crc32(b"Z_rich.jpg")) + name
    assert names(listed(tmp_path, packed_infos(info))) == ["Żürich.jpg"]
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, 7) + name
    assert names(listed(tmp_path, packed_infos(info))) == ["Z_rich.jpg"]


def test_a_bomb_that_says_so_is_refused_by_its_directory(tmp_path: Path) -> None:
    limits = SourceLimits(ratio_from_bytes=100_000)
    found = reasons(listed(tmp_path, packed({"bomb.bmp": bytes(1_000_000)}), limits))
    assert "zip bombs" in found["bomb.bmp"]
    found = reasons(listed(tmp_path, packed({"big.bmp": bytes(1_000_000)}), SourceLimits(entry_bytes=999_999)))
    assert "more than 0 MB" in found["big.bmp"]


def lying(data: bytes, claimed: int) -> bytes:
    """Let both headers of the only entry claim another unpacked size."""
    forged = bytearray(data)
    forged[22:26] = struct.pack("<I", claimed)
    directory = forged.index(b"PK\x01\x02")
    forged[directory + 24 : directory + 28] = struct.pack("<I", claimed)
    return bytes(forged)


def test_a_bomb_that_lies_stops_early(tmp_path: Path) -> None:
    sentence, copied = refused_on_copy(tmp_path, lying(packed({"a.jpg": bytes(5_000_000)}), 1000))
    assert "damaged inside the zip" in sentence
    assert copied <= 1000


def test_a_size_claimed_too_large_is_noticed(tmp_path: Path) -> None:
    sentence, _copied = refused_on_copy(tmp_path, lying(packed({"a.jpg": b"x" * 1000}), 4000))
    assert "damaged inside the zip" in sentence


def test_all_files_together_are_bounded(tmp_path: Path) -> None:
    files = {f"{number}.jpg": bytes(1000) for number in range(10)}
    limits = SourceLimits(total_bytes=5000)
    assert "unpacks to more than" in refused_whole(tmp_path, packed(files), limits)
    limits = SourceLimits(total_bytes=1500)
    with open_archive(saved(tmp_path, packed({"a.jpg": bytes(1000)})), limits) as source:
        source.entries[0].copy_to(io.BytesIO())
        with pytest.raises(EntryRefused, match="unpacks to more than"):
            source.entries[0].copy_to(io.BytesIO())


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    files = {f"{number}.jpg": b"" for number in range(11)}
    assert "more than 10 files" in refused_whole(tmp_path, packed(files), SourceLimits(entries=10))


def test_a_count_forged_downwards_does_not_help(tmp_path: Path) -> None:
    data = bytearray(packed({f"{number}.jpg": b"" for number in range(11)}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    assert "more than 10 files" in refused_whole(tmp_path, bytes(data), SourceLimits(entries=10))


def test_entries_on_the_same_data_are_refused(tmp_path: Path) -> None:
    data = packed({"a.jpg": b"x" * 100, "b.jpg": b"y" * 100}, zipfile.ZIP_STORED)
    forged = bytearray(data)
    second = forged.index(b"PK\x01\x02", forged.index(b"PK\x01\x02") + 4)
    forged[second + 42 : second + 46] = struct.pack("<I", 0)
    source = listed(tmp_path, bytes(forged))
    assert names(source) == []
    assert all("shares its data" in reason for reason in reasons(source).values())


def test_an_entry_that_reaches_into_the_next_is_refused(tmp_path: Path) -> None:
    data = packed({"a.jpg": b"x" * 100, "b.jpg": b"y" * 100}, zipfile.ZIP_STORED)
    forged = bytearray(data)
    first = forged.index(b"PK\x01\x02")
    for at in (first + 20, first + 24):
        forged[at : at + 4] = struct.pack("<I", 150)
    sentence, copied = refused_on_copy(tmp_path, bytes(forged))
    assert "shares its data" in sentence
    assert copied == 0


def test_damaged_data_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = bytearray(packed({"a.jpg": b"a" * 500 + bytes(range(256)), "b.jpg": b"fine"}))
    data[60] ^= 0xFF
    with open_archive(saved(tmp_path, bytes(data)), LIMITS) as source:
        with pytest.raises(EntryRefused, match="damaged inside"):
            source.entries[0].copy_to(io.BytesIO())
        target = io.BytesIO()
        source.entries[1].copy_to(target)
    assert target.getvalue() == b"fine"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b"hello", "not a zip file"),
        (b"Rar!\x1a\x07\x00", "not a zip. Unpack it"),
        (b"\x1f\x8b\x08\x00 gz", "not a zip. Unpack it"),
        (packed({"a.jpg": b"x" * 1000})[:-60], "end of the zip is missing"),
        (packed({}), "holds no files"),
        (packed({"a/": b""}), "holds no files"),
        (b"\x00" * 30 + packed({"a.jpg": b"x"})[-22:], "damaged"),
    ],
    # A zip holds the time it was made: as a test's name its bytes would differ from process to process.
    ids=["nothing", "text", "rar", "gzip", "cut off", "empty", "only a folder", "no contents"],
)
def test_what_is_no_whole_zip_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refused_whole(tmp_path, data)


def test_a_failure_to_write_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    with (
        open_archive(saved(tmp_path, packed({"a.jpg": b"x"})), LIMITS) as source,
        pytest.raises(OSError, match="space"),
    ):
        source.entries[0].copy_to(Full())


def test_a_full_zip_64_directory_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.jpg", "w", force_zip64=True) as file:
        file.write(b"data")
    assert names(listed(tmp_path, buffer.getvalue())) == ["a.jpg"]
