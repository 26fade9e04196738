"""Vectors of images, as the worker would have made them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.models import Project
from app.services import similarity


def keep_vectors(project: Project, ids: Sequence[int], vectors: npt.ArrayLike) -> npt.NDArray[np.float16]:
    """Write the file of a project's vectors; gives them at the precision that it holds."""
    given = np.asarray(vectors, dtype=np.float16)
    rows = np.zeros(len(ids), dtype=similarity.stored(given.shape[1]))
    rows["id"], rows["vector"] = ids, given
    path = similarity.file_of(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, rows)
    return given
