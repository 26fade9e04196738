"""Clear away what a killed worker had half written."""

import shutil
import time
from pathlib import Path

from app.storage import Storage

# The hidden names under which training and caching write before they rename; a job that still runs has touched its own
# within a day.
PATTERNS = (".tmp-*", ".finetune-*", ".pixels-*", ".fetch-*")
DAY_SECONDS = 86_400.0


def clear(storage: Storage, *, older_than_seconds: float = DAY_SECONDS) -> list[Path]:
    """Remove scratch files and folders of checkpoints, embeddings and backbones that nobody has touched for long.

    Returns what was removed.
    """
    limit = time.time() - older_than_seconds
    found = (
        path
        for folder in (storage.checkpoints, storage.embeddings, storage.backbones)
        for pattern in PATTERNS
        for path in folder.glob(f"**/{pattern}")
    )
    left = [path for path in found if _touched(path) < limit]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return left


def _touched(path: Path) -> float:
    """Tell when a path was last written, in seconds; one that has gone meanwhile is as new as can be."""
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return float("inf")
