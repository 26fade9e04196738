"""Take files out of an uploaded zip without trusting anything that it says about itself."""

import binascii
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from app.formats.entries import (
    CHUNK_BYTES,
    Entry,
    EntryRefused,
    Source,
    SourceLimits,
    SourceRefused,
    is_litter,
    printable,
    tidy_name,
    too_large,
    why_bad_name,
    why_nested,
)
from app.i18n import gettext as _

# The end record stands in the last 22 bytes, before a comment of at most 65 535.
_END_SIZE = 22
_END_MARK = b"PK\x05\x06"
_END_64_MARK = b"PK\x06\x06"
_LOCATOR_MARK = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_TAIL_BYTES = _END_SIZE + 65_535
# An entry of the directory has at least 46 bytes; real ones have 100 to 200, with long paths up to 1000.
_MOST_BYTES_PER_ENTRY = 1000
_LOCAL_HEADER_SIZE = 30
_FLAG_ENCRYPTED = 0x1
_FLAG_UTF8 = 0x800
_UNICODE_PATH = 0x7075
# The only methods that can be unpacked piece by piece, so that a bomb is noticed before it fills the memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# What zipfile raises over damaged or forged entries; RuntimeError is its word for "a password is needed".
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, NotImplementedError, RuntimeError)


@dataclass
class _Opened:
    """An open zip, its file, and what has been unpacked of it so far."""

    archive: zipfile.ZipFile
    file: BinaryIO
    limits: SourceLimits
    # Where the entry behind each one begins, by its own beginning; entries may not reach into each other.
    ends: dict[int, int]
    total: int = 0
    source: Source = field(default_factory=Source)


@contextmanager
def open_archive(path: Path, limits: SourceLimits | None = None) -> Iterator[Source]:
    """Open a zip for as long as the context lasts; its entries are unpacked only when they are copied."""
    limits = limits or SourceLimits()
    with path.open("rb") as file:
        _check_directory(file, limits)
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, OSError) as error:
            raise SourceRefused(_damaged()) from error
        with archive:
            if len(archive.infolist()) > limits.entries:
                raise SourceRefused(_too_many(limits))
            if sum(info.file_size for info in archive.infolist()) > limits.total_bytes:
                raise SourceRefused(_unpacks_too_large(limits))
            opened = _Opened(archive, file, limits, _ends(archive))
            _list(opened)
            if not (opened.source.entries or opened.source.csv_entries or opened.source.refused):
                raise SourceRefused(_("The zip holds no files."))
            yield opened.source


def _check_directory(file: BinaryIO, limits: SourceLimits) -> None:
    """Refuse what is no zip, and a directory too large to be read into memory, before anything is read."""
    size = file.seek(0, 2)
    if size == 0:
        raise SourceRefused(_("The zip is empty (0 bytes). Upload it again."))
    file.seek(0)
    head = file.read(4)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise SourceRefused(_broken_off() if head == b"PK\x03\x04" else _no_zip(head))
    count, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    if at >= _LOCATOR_SIZE and tail[at - _LOCATOR_SIZE : at - _LOCATOR_SIZE + 4] == _LOCATOR_MARK:
        (offset,) = struct.unpack("<Q", tail[at - _LOCATOR_SIZE + 8 : at - _LOCATOR_SIZE + 16])
        count, directory = _read_end_64(file, min(offset, size)) or (count, directory)
    if count > limits.entries or directory > limits.entries * _MOST_BYTES_PER_ENTRY:
        raise SourceRefused(_too_many(limits))


def _read_end_64(file: BinaryIO, offset: int) -> tuple[int, int] | None:
    file.seek(offset)
    record = file.read(56)
    if len(record) < 56 or record[:4] != _END_64_MARK:
        return None
    count, directory = struct.unpack("<QQ", record[32:48])
    return count, directory


def _ends(archive: zipfile.ZipFile) -> dict[int, int]:
    starts = sorted({info.header_offset for info in archive.infolist()})
    return dict(pairwise([*starts, archive.start_dir]))


def _list(opened: _Opened) -> None:
    """Sort the entries into images, tables and refusals by what the directory says."""
    infos = opened.archive.infolist()
    offsets: dict[int, int] = {}
    for info in infos:
        offsets[info.header_offset] = offsets.get(info.header_offset, 0) + 1
    seen: set[str] = set()
    for info in infos:
        raw = _name(info)
        if raw.endswith(("/", "\\")):
            continue
        tidy = tidy_name(raw)
        reason = why_bad_name(raw, opened.limits)
        if not reason and (not tidy or is_litter(tidy)):
            continue
        if not reason and offsets[info.header_offset] > 1:
            reason = _overlapping()
        reason = reason or _why_not(info) or _why_too_large(info, opened.limits) or why_nested(tidy)
        if not reason and tidy in seen:
            reason = _("The zip holds two files of this name; the first one was taken.")
        if reason:
            opened.source.refuse(raw, reason)
            continue
        seen.add(tidy)
        opened.source.add(_entry(opened, info, tidy))


def _name(info: zipfile.ZipInfo) -> str:
    """Decode an entry's name: UTF-8 where it is declared or evident, else the old PC code page that zip prescribes."""
    if info.flag_bits & _FLAG_UTF8:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437", errors="surrogateescape")
    declared = _unicode_path(info.extra, raw)
    if declared is not None:
        return declared
    try:
        # macOS and older Linux tools write UTF-8 without saying so; other text is hardly ever valid UTF-8.
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return info.orig_filename


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Read the extra field in which some programs keep the name in UTF-8, with a checksum of the old one."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(body) > 5 and struct.unpack("<I", body[1:5])[0] == binascii.crc32(raw):
            try:
                return body[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _why_not(info: zipfile.ZipInfo) -> str | None:
    """Say why an entry is refused by what the directory says of it, or return None."""
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if stat.S_ISLNK(mode):
        return _("This is a link to another file, not a file. Pack the file itself.")
    if kind not in (0, stat.S_IFREG):
        return _("This is a special file (a device or pipe), not an image.")
    if info.flag_bits & _FLAG_ENCRYPTED:
        return _("The file is encrypted. Pack the folder without a password.")
    if info.compress_type not in _METHODS:
        return _("The file is packed by a method that Loupe does not unpack. Pack the folder as an ordinary zip.")
    return None


def _why_too_large(info: zipfile.ZipInfo, limits: SourceLimits) -> str | None:
    if info.file_size > limits.entry_bytes:
        return str(too_large(limits))
    if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(info.compress_size, 1):
        return _bomb()
    return None


def _entry(opened: _Opened, info: zipfile.ZipInfo, tidy: str) -> Entry:
    def copy(target: BinaryIO) -> int:
        try:
            return _unpack(opened, info, target)
        except _DAMAGE as error:
            raise EntryRefused(
                _("The file is damaged inside the zip. Pack the folder anew, or upload the file by itself.")
            ) from error

    return Entry(tidy, info.file_size, copy)


def _unpack(opened: _Opened, info: zipfile.ZipInfo, target: BinaryIO) -> int:
    """Copy one entry piece by piece, counting what really comes out."""
    limits = opened.limits
    _check_extent(opened, info)
    copied = 0
    with opened.archive.open(info) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            copied += len(chunk)
            opened.total += len(chunk)
            if copied > limits.entry_bytes:
                raise too_large(limits)
            if copied > limits.ratio_from_bytes and copied > limits.ratio * max(info.compress_size, 1):
                raise EntryRefused(_bomb())
            if opened.total > limits.total_bytes:
                raise EntryRefused(_unpacks_too_large(limits))
            target.write(chunk)
    if copied != info.file_size:
        raise zipfile.BadZipFile(printable(info.orig_filename))
    return copied


def _check_extent(opened: _Opened, info: zipfile.ZipInfo) -> None:
    """Refuse an entry whose data reach into the next one, the trick by which bombs use the same bytes many times."""
    if info.header_offset < 0:
        # A damaged list of contents can point to before the beginning of the file.
        raise zipfile.BadZipFile(printable(info.orig_filename))
    opened.file.seek(info.header_offset)
    header = opened.file.read(_LOCAL_HEADER_SIZE)
    if len(header) < _LOCAL_HEADER_SIZE or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(printable(info.orig_filename))
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    end = info.header_offset + _LOCAL_HEADER_SIZE + name_length + extra_length + info.compress_size
    if end > opened.ends[info.header_offset]:
        raise EntryRefused(_overlapping())


def _overlapping() -> str:
    return _("The file shares its data with another one in the zip, as zip bombs do. Pack the folder anew.")


def _bomb() -> str:
    return _("The file unpacks to a size far beyond that of an image, as zip bombs do. Upload it by itself.")


def _unpacks_too_large(limits: SourceLimits) -> str:
    return _("The zip unpacks to more than %(most)s GB. Split it into several.") % {
        "most": limits.total_bytes // 1_000_000_000
    }


def _too_many(limits: SourceLimits) -> str:
    return _("The zip holds more than %(most)s files. Split it into several.") % {"most": limits.entries}


def _damaged() -> str:
    return _("The zip is damaged and cannot be opened. Pack the folder anew and upload it again.")


def _broken_off() -> str:
    return _("The end of the zip is missing: the upload or download broke off. Upload it again.")


def _no_zip(head: bytes) -> str:
    if head[:4] in (b"Rar!", b"7z\xbc\xaf") or head[:2] in (b"\x1f\x8b", b"BZ") or head == b"\xfd7zX":
        return _("This is an archive, but not a zip. Unpack it and pack the folder as a zip.")
    return _("This is not a zip file.")
