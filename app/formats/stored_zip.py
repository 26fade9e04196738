"""Write a zip while it is being sent: nothing is compressed, and no more than a megabyte is in memory at a time."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Weights hardly get smaller; what is read at once keeps memory flat.
_CHUNK = 1 << 20
# A file has the same bytes whenever it is made: no date but the earliest that a zip can state.
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Part:
    """One file of a zip: its name, and where it lies or what is in it."""

    name: str
    content: Path | bytes


class _Sink:
    """Take what is written, to be handed on; it cannot be gone back in."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.written = 0

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self.waiting += data
        self.written += len(data)
        return len(data)

    def tell(self) -> int:
        """Tell how many there were."""
        return self.written

    def flush(self) -> None:
        """Keep nothing back."""

    def drained(self) -> bytes:
        """Give what has come since last time."""
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def stored_zip(parts: Sequence[Part]) -> Iterator[bytes]:
    """Write the parts as one zip, piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for part in parts:
            with archive.open(zipfile.ZipInfo(part.name, _DATE), "w", force_zip64=True) as target:
                if isinstance(part.content, bytes):
                    target.write(part.content)
                else:
                    with part.content.open("rb") as source:
                        while chunk := source.read(_CHUNK):
                            target.write(chunk)
                            yield sink.drained()
            yield sink.drained()
    yield sink.drained()
