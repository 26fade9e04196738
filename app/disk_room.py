"""Keep files that can be made again within the room they have: those that nobody used for longest go first."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

GIGABYTE = 1_000_000_000


def used_bytes(paths: Iterable[Path]) -> int:
    """Tell how much room files take; one that goes meanwhile takes none."""
    return sum(size for _used, size, _path in _states(paths))


def make_room(paths: Iterable[Path], most_bytes: int, keep: Path | None = None) -> int:
    """Remove files until the rest fits, but for one just written; tells how many went.

    Whoever is about to read one finds it gone, and has it made again.
    """
    files = sorted(_states(paths))
    total, removed = sum(size for _used, size, _path in files), 0
    for _used, size, path in files:
        if total <= most_bytes:
            break
        if path != keep:
            path.unlink(missing_ok=True)
            total, removed = total - size, removed + 1
    return removed


def _states(paths: Iterable[Path]) -> Iterator[tuple[int, int, Path]]:
    """Give when each file was used last, in nanoseconds since the epoch, its bytes, and where it is."""
    for path in paths:
        with suppress(FileNotFoundError):
            known = path.stat()
            yield known.st_mtime_ns, known.st_size, path
