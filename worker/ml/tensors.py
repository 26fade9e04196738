"""Write tensors as safetensors, the only form in which weights are kept."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from worker.ml.files import write_atomically


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write tensors as safetensors, whole or not at all."""
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    write_atomically(path, lambda scratch: save_file(plain, scratch))
