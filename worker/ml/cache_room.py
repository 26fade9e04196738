"""Keep the embeddings on disk within the room they have: the files that nobody used for longest go first."""

from contextlib import suppress
from pathlib import Path

GIGABYTE = 1_000_000_000


def used_bytes(directory: Path) -> int:
    """Tell how much room the embeddings of all networks take."""
    return sum(size for _used, size, _path in _files(directory))


def make_room(directory: Path, most_bytes: int, keep: Path | None = None) -> int:
    """Remove files until the rest fits, but for one just written; tells how many went.

    Whoever is about to read one finds it gone, and looks at its images again.
    """
    files = sorted(_files(directory))
    total, removed = sum(size for _used, size, _path in files), 0
    for _used, size, path in files:
        if total <= most_bytes:
            break
        if path != keep:
            path.unlink(missing_ok=True)
            total, removed = total - size, removed + 1
    return removed


def _files(directory: Path) -> list[tuple[int, int, Path]]:
    found = []
    for path in directory.glob("*/*.npz"):
        with suppress(FileNotFoundError):
            known = path.stat()
            found.append((known.st_mtime_ns, known.st_size, path))
    return found
