"""Keep what a frozen network sees in an image on disk."""

import os
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.config import get_settings
from app.disk_room import GIGABYTE, make_room
from worker.ml.files import write_atomically

Kept = npt.NDArray[np.float16]

# Images per file: 2048 embeddings of 1280 half-precision numbers make 5 MB, so 100,000 images are some 50 files, and
# a crash costs at most the last half minute of work.
SHARD = 2048
# Files below half that size are leftovers of small imports; this many of them are worth rewriting as one.
_SMALL_SHARDS = 32
# A reader looks again where files it was about to read were merged into others; merges are rare, so this is plenty.
_LOOKS = 8
# What reading a damaged or half-copied file can raise.
_DAMAGE = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile)


def files_of(directory: Path) -> Iterator[Path]:
    """List the files of embeddings of all networks; each was touched when somebody read it last."""
    return directory.glob("*/*.npz")


class EmbeddingCache:
    """Keep embeddings per backbone and image content; safe with several workers at once and after a crash.

    Each backbone has a folder of files that are only ever added or merged: written under a temporary name, then
    renamed. Nothing is changed in place, so there is nothing to lock; at worst two workers compute the same image.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # Per backbone: image content -> (file, row), and the files already indexed.
        self._rows: dict[str, dict[bytes, tuple[Path, int]]] = {}
        self._indexed: dict[str, set[Path]] = {}

    def get(self, identity: str, hashes: Sequence[str]) -> tuple[Kept | None, npt.NDArray[np.bool_]]:
        """Return the embeddings of images and which of them are kept.

        Args:
            identity: `Backbone.identity`.
            hashes: sha256 of each image's content, hexadecimal.

        Returns:
            float16 [n, d], zero where not kept (None where nothing is), and bool [n].

        """
        keys = [bytes.fromhex(text) for text in hashes]
        found: Kept | None = None
        have = np.zeros(len(keys), dtype=np.bool_)
        for _look in range(_LOOKS):
            whole = True
            for path, pairs in self._places(identity, keys, have).items():
                values = self._read(path)
                if values is None:
                    whole = False
                    continue
                places, taken = np.array(pairs).T
                if found is None:
                    found = np.zeros((len(keys), values.shape[1]), dtype=np.float16)
                found[places] = values[taken]
                have[places] = True
            if whole:
                break
        return found, have

    def put(self, identity: str, hashes: Sequence[str], values: Kept) -> None:
        """Keep embeddings, float16 [n, d], one row per hash.

        Raises:
            DiskFullError: when there is no room.

        """
        if not hashes:
            return
        keys = np.frombuffer(b"".join(bytes.fromhex(text) for text in hashes), dtype=np.uint8).reshape(-1, 32)
        written = self._write(identity, keys, values)
        self._merge_small(identity)
        make_room(files_of(self.directory), get_settings().embeddings_max_gb * GIGABYTE, keep=written)

    def _folder(self, identity: str) -> Path:
        return self.directory / identity

    def _write(self, identity: str, keys: npt.NDArray[np.uint8], values: Kept) -> Path:
        path = self._folder(identity) / f"{secrets.token_hex(8)}.npz"
        write_atomically(path, lambda scratch: np.savez(scratch, keys=keys, values=values))
        return path

    def _places(
        self, identity: str, keys: Sequence[bytes], have: npt.NDArray[np.bool_]
    ) -> dict[Path, list[tuple[int, int]]]:
        """Return, per file, the places in `keys` that are still wanted, each with its row in the file."""
        rows = self._refresh(identity)
        wanted: dict[Path, list[tuple[int, int]]] = {}
        for place, key in enumerate(keys):
            if not have[place] and key in rows:
                path, row = rows[key]
                wanted.setdefault(path, []).append((place, row))
        return wanted

    def _refresh(self, identity: str) -> dict[bytes, tuple[Path, int]]:
        """Index the files that appeared since the last look; anew where another worker merged some away."""
        rows = self._rows.setdefault(identity, {})
        indexed = self._indexed.setdefault(identity, set())
        there = self._files(identity)
        if indexed - there:
            # A row of a file that is gone may stand in another file that is indexed already.
            rows.clear()
            indexed.clear()
        for path in there - indexed:
            keys = _keys(path)
            if keys is None:
                path.unlink(missing_ok=True)
                continue
            rows.update((keys[row].tobytes(), (path, row)) for row in range(len(keys)))
            indexed.add(path)
        return rows

    def _files(self, identity: str) -> set[Path]:
        return {path for path in self._folder(identity).glob("*.npz") if not path.name.startswith(".")}

    @staticmethod
    def _read(path: Path) -> Kept | None:
        """Return a file's embeddings, or None, and the file gone, where it is damaged or was merged meanwhile."""
        try:
            values: Kept = _member(path, "values")
        except _DAMAGE:
            path.unlink(missing_ok=True)
            return None
        # What was used last goes last where room is short.
        with suppress(FileNotFoundError):
            os.utime(path)
        return values

    def _merge_small(self, identity: str) -> None:
        """Rewrite many small files as one; workers doing it at once leave the same embeddings twice at worst."""
        paths = self._files(identity)
        if len(paths) < _SMALL_SHARDS:
            return
        merged: dict[bytes, npt.NDArray[np.float16]] = {}
        small = []
        for path in sorted(paths):
            keys = _keys(path)
            if keys is None or len(keys) >= SHARD // 2:
                continue
            values = self._read(path)
            if values is not None and len(merged) < SHARD:
                small.append(path)
                merged.update((keys[row].tobytes(), values[row]) for row in range(len(keys)))
        if len(small) < _SMALL_SHARDS // 2:
            return
        keys = np.frombuffer(b"".join(merged), dtype=np.uint8).reshape(-1, 32)
        self._write(identity, keys, np.stack(list(merged.values())))
        for path in small:
            path.unlink(missing_ok=True)


def _member(path: Path, name: str) -> Any:
    """Read one array of a file; reading it to its end checks its sum, so flipped bits are noticed too."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _keys(path: Path) -> npt.NDArray[np.uint8] | None:
    """Return the image contents that a file holds, uint8 [n, 32], or None where it is damaged or gone."""
    try:
        keys: npt.NDArray[np.uint8] = _member(path, "keys")
    except _DAMAGE:
        return None
    return keys if keys.ndim == 2 and keys.shape[1] == 32 else None
