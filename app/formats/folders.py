"""Take files from a folder on the server, and nothing that lies outside it."""

import os
import stat
from collections.abc import Iterator
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
    tidy_name,
    too_large,
    why_bad_name,
    why_nested,
)
from app.i18n import gettext as _


def walk_folder(path: Path, limits: SourceLimits | None = None) -> Source:
    """List the files of a folder and its subfolders by their relative paths, in order of name."""
    limits = limits or SourceLimits()
    if not path.is_dir():
        missing = _("There is no folder “%(path)s”.") if not path.exists() else _("“%(path)s” is not a folder.")
        raise SourceRefused(missing % {"path": path})
    root = path.resolve()
    source = Source()
    for number, file in enumerate(_files(root, source), start=1):
        if number > limits.entries:
            raise SourceRefused(
                _("The folder holds more than %(most)s files. Import its subfolders one by one.")
                % {"most": limits.entries}
            )
        name = file.relative_to(root).as_posix()
        try:
            # The name keeps the spelling of the disk; comparing it with a CSV evens out accents and slashes.
            source.add(_checked(file, name, root, limits))
        except EntryRefused as refusal:
            source.refuse(name, refusal.sentence)
    return source


def _files(folder: Path, source: Source) -> Iterator[Path]:
    """Yield everything in a folder that is not a folder, hidden things left out; links to folders are yielded."""

    def unreadable(error: OSError) -> None:
        name = os.path.relpath(os.fspath(error.filename), folder)
        source.refuse(name, _("The folder cannot be opened: %(cause)s.") % {"cause": error.strerror})

    for where, folders, files in os.walk(folder, onerror=unreadable):
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links and not is_litter(name))
        yield from (Path(where) / name for name in sorted([*files, *links]) if not is_litter(name))


def _checked(file: Path, name: str, root: Path, limits: SourceLimits) -> Entry:
    """Make the entry of a file, or refuse it."""
    # A backslash is an ordinary letter in a name here, but no separator and no danger: it is not checked as one.
    problem = why_bad_name(name.replace("\\", "_"), limits) or why_nested(tidy_name(name))
    if problem:
        raise EntryRefused(problem)
    try:
        real = file.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError) as error:
        raise EntryRefused(_("This is a link to a file that is not there, or the file just went.")) from error
    problem = _why_not(real, status, root)
    if problem:
        raise EntryRefused(problem)
    if status.st_size > limits.entry_bytes:
        raise too_large(limits)
    return _entry(name, real, status.st_size, limits)


def _why_not(real: Path, status: os.stat_result, root: Path) -> str | None:
    if not real.is_relative_to(root):
        return _("This is a link that leads out of the folder. Put the file itself there.")
    if stat.S_ISDIR(status.st_mode):
        return _("This is a link to a folder of the same import; its files are taken from there.")
    if not stat.S_ISREG(status.st_mode):
        return _("This is a special file (a device, socket or pipe), not an image.")
    return None


def _entry(name: str, real: Path, size: int, limits: SourceLimits) -> Entry:
    def copy(target: BinaryIO) -> int:
        copied = 0
        for chunk in _chunks(real):
            copied += len(chunk)
            if copied > limits.entry_bytes:
                raise too_large(limits)
            # A failure to write is not the file's fault and passes through as it is.
            target.write(chunk)
        return copied

    return Entry(name, size, copy)


def _chunks(real: Path) -> Iterator[bytes]:
    """Read a file piece by piece; what cannot be read is refused."""
    try:
        # Not following a link and not waiting for a pipe: the file may have been exchanged since it was listed.
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise EntryRefused(_("This is no longer an ordinary file."))
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise EntryRefused(_("The file cannot be read: %(cause)s.") % {"cause": error.strerror or error}) from error
