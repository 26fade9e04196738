"""Write files so that they are whole or absent, and say plainly when the disk is full."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from app.errors import UnavailableError
from app.i18n import gettext as _

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(UnavailableError):
    """There is no room left where Loupe keeps its data."""

    def __init__(self) -> None:
        super().__init__(
            _("The disk is full. Free some space where Loupe keeps its data, then try again; nothing was lost.")
        )


@contextmanager
def full_disk_explained() -> Iterator[None]:
    """Turn the system's ways of saying that the disk is full into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError from error
        raise
    except (SafetensorError, RuntimeError) as error:
        # safetensors hands the system's message on as text only.
        if any(os.strerror(number) in str(error) for number in _FULL):
            raise DiskFullError from error
        raise


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file beside the path, then rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with full_disk_explained():
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        scratch = Path(name)
        try:
            write(scratch)
            # A temporary file is for its owner only; what is kept may be read by other workers too.
            scratch.chmod(0o644)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON object, whole or not at all."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, lambda scratch: _write_text(scratch, text))


@contextmanager
def directory_made(path: Path) -> Iterator[Path]:
    """Hand out a folder beside the path and rename it into place at the end, or remove it on any failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".tmp-", dir=path.parent))
    try:
        with full_disk_explained():
            yield scratch
            # A temporary folder is for its owner only; a checkpoint is read by other workers too.
            scratch.chmod(0o755)
            scratch.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
