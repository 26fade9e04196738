"""Files on their way in: names that cannot be trusted, sizes, and what stays on the disk."""

import io
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.errors import AppError, InvalidInputError, TooLargeError
from app.formats.entries import SourceLimits
from app.services import uploads
from app.storage import Storage

MOST = 1000


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path)


def send(storage: Storage, name: str, data: bytes = b"data", key: str = "") -> None:
    with uploads.receive(storage, 7, name=name, key=key, most_bytes=MOST) as incoming:
        for start in range(0, len(data), 300):
            incoming.write(data[start : start + 300])


def names(storage: Storage) -> list[str]:
    return [upload.name for upload in uploads.list_uploads(storage, 7)]


def test_a_file_lies_under_a_name_of_our_own_and_is_shown_under_its_own(storage: Storage) -> None:
    send(storage, "box 3\\Fotos\\ü.jpg")
    (upload,) = uploads.list_uploads(storage, 7)
    assert upload.name == "box 3/Fotos/ü.jpg"
    assert upload.path.parent == storage.upload_folder(7)
    assert upload.path.read_bytes() == b"data"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x.jpg", "a/../../b.jpg", "a\0.jpg", "", "./"])
def test_names_that_lead_elsewhere_are_refused(storage: Storage, name: str) -> None:
    with pytest.raises(InvalidInputError):
        send(storage, name)
    assert names(storage) == []


@pytest.mark.parametrize("key", ["../x", "A", "x" * 65, "a/b"])
def test_a_key_is_nothing_but_letters_and_digits(storage: Storage, key: str) -> None:
    with pytest.raises(InvalidInputError):
        send(storage, "a.jpg", key=key)


def test_a_file_above_the_limit_is_refused_and_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(TooLargeError):
        send(storage, "big.jpg", b"x" * (MOST + 1))
    assert list(storage.upload_folder(7).iterdir()) == []


def test_a_broken_off_upload_leaves_nothing(storage: Storage) -> None:
    receiving = uploads.receive(storage, 7, name="a.jpg", key="k", most_bytes=MOST)
    receiving.__enter__().write(b"half")
    broken = ConnectionError()
    assert not receiving.__exit__(ConnectionError, broken, None)
    assert list(storage.upload_folder(7).iterdir()) == []


def test_sending_again_under_the_same_key_replaces(storage: Storage) -> None:
    send(storage, "a.jpg", b"one", key="k1")
    send(storage, "a.jpg", b"other", key="k1")
    send(storage, "a.jpg", b"third", key="k2")
    assert [upload.path.read_bytes() for upload in uploads.list_uploads(storage, 7)] == [b"other", b"third"]


def test_what_systems_leave_behind_is_passed_over(storage: Storage) -> None:
    for name in (".DS_Store", "photos/Thumbs.db", "__MACOSX/._a.jpg", "a.jpg"):
        send(storage, name)
    assert names(storage) == ["a.jpg"]


def test_zips_and_files_are_one_source_and_a_broken_zip_is_refused_alone(storage: Storage) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("in.jpg", b"x")
        packed.writestr("labels.csv", b"file,label\n")
    send(storage, "good.zip", buffer.getvalue())
    send(storage, "bad.zip", b"no zip")
    send(storage, "a.jpg")
    send(storage, "table.csv")
    with ExitStack() as stack:
        source = uploads.open_uploads(storage, 7, SourceLimits(), stack)
        assert sorted(entry.name for entry in source.entries) == ["a.jpg", "in.jpg"]
        assert sorted(entry.name for entry in source.csv_entries) == ["labels.csv", "table.csv"]
        assert [refusal.file for refusal in source.refused] == ["bad.zip"]
        table = next(entry for entry in source.csv_entries if entry.name == "labels.csv")
        assert uploads.read_entry(table, 100) == b"file,label\n"
        with pytest.raises(AppError, match="larger than"):
            uploads.read_entry(table, 3)


def test_the_table_outlives_the_files(storage: Storage) -> None:
    send(storage, "a.jpg")
    uploads.keep_table(storage, 7, b"file,label\n")
    (uploads.work_folder(storage, 7) / "rest.jpg").write_bytes(b"x")
    uploads.forget_files(storage, 7)
    assert names(storage) == []
    assert [path.name for path in storage.upload_folder(7).iterdir()] == ["table.csv"]
    assert uploads.kept_table(storage, 7) == b"file,label\n"
    assert uploads.kept_table(storage, 8) is None
