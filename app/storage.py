"""Files: originals addressed by content hash, renditions, uploads in progress, checkpoints, embeddings."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from app.config import get_settings

Rendition = Literal["thumbnail", "screen"]
CHUNK = 1 << 20  # a megabyte at a time keeps memory flat


class Storage:
    """The data folder; every write is to a temporary name first, so that no reader meets half a file."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def original(self, sha256: str) -> Path:
        """Where the untouched bytes of an image are."""
        return self.root / "originals" / sha256[:2] / sha256

    def rendition(self, sha256: str, kind: Rendition) -> Path:
        """Where a derived version of an image is, or will be."""
        return self.root / "renditions" / kind / sha256[:2] / f"{sha256}.jpg"

    def tiles(self, sha256: str) -> Path:
        """Where the tiles of a large image are, or will be, all in one file."""
        return self.root / "tiles" / sha256[:2] / f"{sha256}.zip"

    def upload_folder(self, import_id: int) -> Path:
        """Where the files of an import wait until its job has read them."""
        return self.root / "uploads" / str(import_id)

    @property
    def checkpoints(self) -> Path:
        """Folder of all checkpoints, one folder a run."""
        return self.root / "checkpoints"

    @property
    def embeddings(self) -> Path:
        """Folder of the embedding cache."""
        return self.root / "embeddings"

    @property
    def backbones(self) -> Path:
        """Folder of converted pretrained weights."""
        return self.root / "backbones"

    def unfinished(self, run_id: int) -> Path:
        """Folder of what another worker needs to go on with a run; gone when the run is over."""
        return self.root / "unfinished" / str(run_id)

    def activation_maps(self, run_id: int) -> Path:
        """Folder of the pictures of what a run's network looks at."""
        return self.root / "maps" / str(run_id)

    def activation_map(self, run_id: int, image_id: int, label_id: int) -> Path:
        """Where the picture of what a run's network looks at is, or will be."""
        return self.activation_maps(run_id) / f"{image_id}-{label_id}.png"

    def empty_map(self, run_id: int, image_id: int, label_id: int) -> Path:
        """Where it is noted that nothing in an image speaks for a label."""
        return self.activation_map(run_id, image_id, label_id).with_suffix(".none")

    @property
    def previews(self) -> Path:
        """Folder of the pictures that show what a network would get, one folder a job, for a short while."""
        return self.root / "previews"

    def model_files(self, run_id: int) -> Path:
        """Folder of the files of a run's model that were made for other programs."""
        return self.root / "models" / str(run_id)

    def similarity(self, project_id: int, made: datetime) -> Path:
        """Where the vectors of a project's images are; a later project of the same number has a file of its own."""
        return self.root / "similarity" / str(project_id) / f"{made:%Y%m%d%H%M%S%f}.npy"

    @property
    def run(self) -> Path:
        """Folder of what is true only while `loupe up` runs."""
        return self.root / "run"

    def keep_original(self, source: Path) -> str:
        """Copy a file into the originals and give its SHA-256; the same bytes are kept once."""
        digest = hash_file(source)
        target = self.original(digest)
        if not self.renew(target):
            with source.open("rb") as stream:
                write_atomically(target, iter(lambda: stream.read(CHUNK), b""))
        return digest

    @staticmethod
    def renew(path: Path) -> bool:
        """Tell whether a file is there, and mark it as wanted just now: tidying leaves it alone."""
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def forget_upload(self, import_id: int) -> None:
        """Remove the waiting files of an import."""
        shutil.rmtree(self.upload_folder(import_id), ignore_errors=True)


def get_storage() -> Storage:
    """Open the storage of the data folder in force."""
    return Storage(get_settings().data)


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hash_stream(stream)


def hash_stream(stream: BinaryIO) -> str:
    """Compute the SHA-256 of what is left in a stream in hexadecimal."""
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def write_atomically(target: Path, chunks: Iterable[bytes], *, mode: int = 0o644) -> None:
    """Write a file so that it is either whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
