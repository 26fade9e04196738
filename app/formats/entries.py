"""What a zip and a folder have in common when images are taken from them: names, entries, refusals, limits."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from app.errors import InvalidInputError
from app.i18n import gettext as _

# Copied at a time: large enough to be quick, small enough that a bomb is noticed early.
CHUNK_BYTES = 256 * 1024

# Files that operating systems leave behind; nobody misses them.
_LITTER = {"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"}
_LITTER_FOLDERS = {"__macosx", "$recycle.bin", "system volume information", "@eadir"}

_ARCHIVES = {".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".cbz", ".cbr", ".jar", ".iso"}


class SourceRefused(InvalidInputError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """A whole zip or folder cannot be used; the sentence says why and what to do."""


class EntryRefused(InvalidInputError):  # noqa: N818 - it is a refusal with a sentence, not a malfunction.
    """One file cannot be taken out; the others can."""


@dataclass(frozen=True)
class SourceLimits:
    """Bounds that keep a forged or careless source from filling the disk or the memory."""

    # The largest newspaper collections that are tagged by hand have tens of thousands of images.
    entries: int = 100_000
    # 200 megapixels (the largest image accepted) of uncompressed 16-bit RGB are 1.2 GB.
    entry_bytes: int = 2_000_000_000
    # 100 000 images of half a megabyte; a laptop has room for it, and for little more.
    total_bytes: int = 50_000_000_000
    # Images hardly shrink in a zip; blank bitmaps reach 1000:1 but stay small, so the ratio counts only from
    # ratio_from_bytes on. A bomb has to go far beyond both to do harm.
    ratio: int = 100
    ratio_from_bytes: int = 50_000_000
    # Longest path that operating systems allow.
    name_length: int = 4096


@dataclass(frozen=True)
class FileRefusal:
    """A file that was left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """A file in a zip or folder; `size` is what is claimed, `copy_to` enforces the limits while copying."""

    name: str
    size: int
    copy: Callable[[BinaryIO], int] = field(repr=False)

    def copy_to(self, target: BinaryIO) -> int:
        """Copy the bytes and return how many there were; raise EntryRefused where they cannot be had."""
        return self.copy(target)


@dataclass
class Source:
    """The files of a zip or folder: images to be, label tables, and what was refused by name already."""

    entries: list[Entry] = field(default_factory=list)
    csv_entries: list[Entry] = field(default_factory=list)
    refused: list[FileRefusal] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """File an entry as a table or an image."""
        is_table = entry.name.lower().endswith((".csv", ".tsv"))
        (self.csv_entries if is_table else self.entries).append(entry)

    def refuse(self, name: str, reason: str) -> None:
        """Leave a file out and say why."""
        self.refused.append(FileRefusal(printable(name), reason))


def tidy_name(name: str) -> str:
    """Write a path with slashes, without empty and `.` parts, its accents in one spelling (NFC)."""
    parts = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def is_litter(tidy: str) -> bool:
    """Tell files that operating systems leave behind, and hidden ones."""
    parts = PurePosixPath(tidy).parts
    if any(part.startswith(".") and part != ".." for part in parts):
        return True
    return parts[-1].lower() in _LITTER or any(part.lower() in _LITTER_FOLDERS for part in parts)


def why_bad_name(raw: str, limits: SourceLimits) -> str | None:
    """Say why a path cannot be taken as it is, or return None."""
    slashed = raw.replace("\\", "/")
    if slashed.startswith("/") or re.match("[A-Za-z]:", slashed):
        return _("The path is absolute; only paths inside the collection are taken. Pack the folder anew.")
    if ".." in slashed.split("/"):
        return _("The path leads out of the collection (“..”). Pack the folder anew.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in raw):
        return _("The name contains characters that cannot be written or shown. Rename the file.")
    if len(raw) > limits.name_length:
        return _("The path is longer than %(most)s characters. Shorten it.") % {"most": limits.name_length}
    return None


def why_nested(tidy: str) -> str | None:
    """Say that archives inside a source are not opened, or return None."""
    if PurePosixPath(tidy).suffix.lower() in _ARCHIVES:
        return _("This is an archive inside the collection. Unpack it and import what it holds.")
    return None


def printable(name: str) -> str:
    """Make a hostile name safe to show."""
    shown = "".join("\ufffd" if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in name)
    # As much as fits a report; the rest of a name that long says nothing.
    return shown if len(shown) <= 300 else f"{shown[:299]}…"


def too_large(limits: SourceLimits) -> EntryRefused:
    """Make the refusal of a file above the limit for one file."""
    return EntryRefused(
        _("The file has more than %(most)s MB. Save it smaller.") % {"most": limits.entry_bytes // 1_000_000}
    )
