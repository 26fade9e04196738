"""Write tensors: as safetensors, the only form in which weights are kept, and as torch's own for what is soon gone."""

from collections.abc import Mapping
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from worker.ml.files import write_atomically


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write tensors as safetensors, whole or not at all."""
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    write_atomically(path, lambda scratch: save_file(plain, scratch))


def write_state(path: Path, content: Mapping[str, Any]) -> None:
    """Write tensors and plain values as torch keeps them, whole or not at all.

    Raises:
        DiskFullError: when there is no room.

    """
    write_atomically(path, lambda scratch: _save(content, scratch))


class _Noting(BufferedWriter):
    """A file that notes why it could not be written: torch tells of a full disk in words that name no cause."""

    cause: OSError | None = None

    def write(self, part: Any) -> int:
        """Write a part."""
        try:
            return super().write(part)
        except OSError as error:
            self.cause = error
            raise


def _save(content: Mapping[str, Any], path: Path) -> None:
    with _Noting(FileIO(path, "w")) as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:
            raise file.cause or error from error
