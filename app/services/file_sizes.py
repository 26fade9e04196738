"""How large files are: those of one run, and any folder."""

import os
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from app.models import Run
from app.storage import Storage


class Kind(StrEnum):
    """Say what part of a run's files something is."""

    CHECKPOINT = "checkpoint"
    MAPS = "maps"
    FILES = "files"
    UNFINISHED = "unfinished"


def folders_of(storage: Storage, run_id: int) -> dict[Kind, Path]:
    """Say where the files of a run are."""
    return {
        Kind.CHECKPOINT: storage.checkpoints / str(run_id),
        Kind.MAPS: storage.activation_maps(run_id),
        Kind.FILES: storage.model_files(run_id),
        Kind.UNFINISHED: storage.unfinished(run_id),
    }


def of_run(storage: Storage, run: Run) -> dict[Kind, int]:
    """Tell how many bytes each part of a run's files takes."""
    return {kind: of_folder(folder) for kind, folder in folders_of(storage, run.id).items()}


def of_folder(folder: Path) -> int:
    """Add up the bytes of all files below a folder; 0 where there is none."""
    return sum(size for _path, size in files_below(folder))


def files_below(folder: Path) -> Iterator[tuple[str, int]]:
    """Go over all files below a folder with their sizes; a file that goes meanwhile is passed by."""
    waiting = [str(folder)]
    while waiting:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                with suppress(FileNotFoundError):
                    yield entry.path, entry.stat(follow_symlinks=False).st_size
