"""The files of an import as they wait on the server: received piece by piece, kept under names of our own."""

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.config import Settings
from app.errors import InvalidInputError, TooLargeError
from app.formats.archives import open_archive
from app.formats.entries import (
    CHUNK_BYTES,
    Entry,
    EntryRefused,
    Source,
    SourceLimits,
    SourceRefused,
    is_litter,
    tidy_name,
    why_bad_name,
)
from app.formats.folders import walk_folder
from app.i18n import gettext as _
from app.storage import Storage, write_atomically

# As long as the column that keeps an image's name; paths that people make are a tenth of that.
NAME_LENGTH = 1000
TABLE_ENDINGS = (".csv", ".tsv")
# Where the table that an import reads stays, so that it can be read once more when its labels have been made.
_TABLE = "table.csv"
_KEY = re.compile(r"[0-9a-z]{1,64}")


@dataclass(frozen=True)
class Upload:
    """A file that came whole; `name` is the path the browser told, `path` is where it lies."""

    key: str
    name: str
    path: Path
    size: int

    @property
    def is_archive(self) -> bool:
        """Tell whether it is to be unpacked."""
        return self.name.lower().endswith(".zip")

    @property
    def is_table(self) -> bool:
        """Tell whether it is a table of labels."""
        return self.name.lower().endswith(TABLE_ENDINGS)


class Incoming:
    """A file that is being received; it exists only once all of it has come."""

    def __init__(self, temporary: BinaryIO, most_bytes: int) -> None:
        self._temporary = temporary
        self._most = most_bytes
        self.received = 0

    def write(self, chunk: bytes) -> None:
        """Take a piece; more than the limit is refused."""
        self.received += len(chunk)
        refuse_too_large(self.received, self._most)
        self._temporary.write(chunk)


def source_limits(settings: Settings) -> SourceLimits:
    """Give the bounds of zips and folders that this installation sets."""
    return SourceLimits(entries=settings.archive_max_entries, total_bytes=settings.archive_max_gb * 1_000_000_000)


def refuse_too_large(size: int, most_bytes: int) -> None:
    """Refuse a file above the limit."""
    if size > most_bytes:
        raise TooLargeError(
            _("This file is larger than %(most)s MB. Send it in parts, or import its folder on the server instead.")
            % {"most": most_bytes // 1_000_000}
        )


def clean_file_name(raw: str) -> str:
    """Bring the path of an uploaded file into the form in which it is shown, or refuse it."""
    problem = why_bad_name(raw, SourceLimits(name_length=NAME_LENGTH))
    name = tidy_name(raw)
    if problem or not name:
        raise InvalidInputError(problem or _("The file has no name."))
    return name


@contextmanager
def receive(storage: Storage, import_id: int, *, name: str, key: str, most_bytes: int) -> Iterator[Incoming]:
    """Receive a file; the same key again replaces it, so that a failed upload can simply be repeated."""
    shown = clean_file_name(name)
    key = key or hashlib.sha256(shown.encode()).hexdigest()
    if not _KEY.fullmatch(key):
        raise InvalidInputError(_("Something in this request is missing or has the wrong form."))
    folder = storage.upload_folder(import_id)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{key}.{secrets.token_hex(4)}.tmp"
    try:
        with temporary.open("wb") as stream:
            yield Incoming(stream, most_bytes)
        (folder / f"{key}.json").write_text(json.dumps({"name": shown}), encoding="utf-8")
        temporary.replace(folder / f"{key}.bin")
    finally:
        temporary.unlink(missing_ok=True)


def list_uploads(storage: Storage, import_id: int) -> list[Upload]:
    """List the files that came, by name; what operating systems leave behind is passed over."""
    found = []
    for path in storage.upload_folder(import_id).glob("*.bin"):
        note = path.with_suffix(".json")
        if note.is_file():
            name = str(json.loads(note.read_text(encoding="utf-8"))["name"])
            found.append(Upload(path.stem, name, path, path.stat().st_size))
    return sorted((upload for upload in found if not is_litter(upload.name)), key=lambda upload: upload.name)


def open_uploads(storage: Storage, import_id: int, limits: SourceLimits, stack: ExitStack) -> Source:
    """Open all that came as one source; zips stay open as long as the stack, and a broken one is refused alone."""
    together = Source()
    for upload in list_uploads(storage, import_id):
        if not upload.is_archive:
            together.add(_entry(upload))
            continue
        try:
            _join(together, stack.enter_context(open_archive(upload.path, limits)))
        except SourceRefused as refusal:
            together.refuse(upload.name, refusal.sentence)
    return together


def open_path(path: Path, limits: SourceLimits, stack: ExitStack) -> Source:
    """Open a folder or zip that lies on the server, in place."""
    if path.is_dir():
        return walk_folder(path, limits)
    source = Source()
    try:
        _join(source, stack.enter_context(open_archive(path, limits)))
    except SourceRefused as refusal:
        source.refuse(path.name, refusal.sentence)
    return source


def read_entry(entry: Entry, most_bytes: int) -> bytes:
    """Read a small file of a source into memory."""
    target = _Bounded(most_bytes)
    # The target has all that copying needs of a file; the rest of the interface is never called.
    entry.copy_to(target)  # type: ignore[arg-type]
    return bytes(target.data)


def keep_table(storage: Storage, import_id: int, data: bytes) -> None:
    """Keep the table that an import reads."""
    write_atomically(storage.upload_folder(import_id) / _TABLE, [data])


def kept_table(storage: Storage, import_id: int) -> bytes | None:
    """Read the table of an import again."""
    path = storage.upload_folder(import_id) / _TABLE
    return path.read_bytes() if path.is_file() else None


def work_folder(storage: Storage, import_id: int, name: str = "work") -> Path:
    """Make a folder in which an import works on files before it keeps them; an earlier attempt's rest goes."""
    folder = storage.upload_folder(import_id) / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_files(storage: Storage, import_id: int) -> None:
    """Remove what an import has read; its table stays."""
    for path in superfluous(storage, import_id):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def superfluous(storage: Storage, import_id: int) -> list[Path]:
    """List what an import that is over needs no more: all but its table."""
    folder = storage.upload_folder(import_id)
    return [path for path in folder.iterdir() if path.name != _TABLE] if folder.is_dir() else []


class _Bounded:
    """Bytes in memory, up to a limit."""

    def __init__(self, most: int) -> None:
        self.data = bytearray()
        self._most = most

    def write(self, chunk: bytes) -> int:
        if len(self.data) + len(chunk) > self._most:
            raise EntryRefused(
                _("The table is larger than %(most)s MB. Split it into several files.")
                % {"most": self._most // 1_000_000}
            )
        self.data += chunk
        return len(chunk)


def _join(together: Source, part: Source) -> None:
    together.entries += part.entries
    together.csv_entries += part.csv_entries
    together.refused += part.refused


def _entry(upload: Upload) -> Entry:
    def copy(target: BinaryIO) -> int:
        with upload.path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                target.write(chunk)
        return upload.size

    return Entry(upload.name, upload.size, copy)
