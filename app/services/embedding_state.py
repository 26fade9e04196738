"""How many of a project's images the default network has looked at already, so that a quick run takes seconds.

Only names and lists of contents are read, so that the web server needs neither the network nor torch.
"""

import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.quick_fields import DEFAULT_BACKBONE
from app.models import Image, Project
from app.services import similarity
from app.storage import Storage

# As `worker.ml.backbones.Backbone.identity` names the folder of a network without special settings.
_FOLDER = re.compile(
    rf"{re.escape(DEFAULT_BACKBONE)}-[0-9a-f]{{12}}-[0-9]+-[a-z]+-[0-9a-f]{{8}}-whole\+centre-[a-z0-9]+"
)
# A file that is half written, damaged or was merged away this very moment counts as nothing.
_DAMAGE = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile)


@dataclass(frozen=True)
class EmbeddingState:
    """How many images of a project there are, how many were looked at, and whether a job is looking now."""

    images: int
    ready: int
    at_work: bool

    @property
    def is_complete(self) -> bool:
        """Tell whether the next quick run has to look at no image."""
        return self.ready >= self.images


def state(session: Session, storage: Storage, project: Project) -> EmbeddingState:
    """Count the images of a project that need not be looked at again, by the network that is always there."""
    query = select(Image.sha256).where(Image.project_id == project.id, Image.excluded_at.is_(None))
    wanted = {bytes.fromhex(sha256) for sha256 in session.scalars(query)}
    # Another precision or other weights have a folder of their own; the one that knows most is the one in use.
    folders = [path for path in storage.embeddings.glob(f"{DEFAULT_BACKBONE}-*") if _FOLDER.fullmatch(path.name)]
    ready = max((len(wanted & _known(folder)) for folder in folders), default=0)
    return EmbeddingState(len(wanted), ready, similarity.is_open(session, project.id))


def _known(folder: Path) -> frozenset[bytes]:
    parts = [_keys(path) for path in folder.glob("*.npz") if not path.name.startswith(".")]
    return frozenset().union(*parts)


@lru_cache(maxsize=512)
def _keys(path: Path) -> frozenset[bytes]:
    """Read which contents a file knows; files are never changed in place, so that once is enough."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("keys.npy") as member:
            keys = np.lib.format.read_array(member, allow_pickle=False)
    except _DAMAGE:
        return frozenset()
    return frozenset(row.tobytes() for row in keys)
