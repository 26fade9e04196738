"""Say what a computer is, as far as the result of a training may depend on it; nothing that tells whose it is."""

import os
import platform
from pathlib import Path
from typing import Any

import torch

from worker.ml.backbones import choose_device, precision_of

_CPU_INFO = Path("/proc/cpuinfo")


def describe(device: str = "auto") -> dict[str, Any]:
    """Describe processor, cores, memory, graphics card, system and the number format that networks run in here."""
    chosen = choose_device(device)
    return {
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "graphics": torch.cuda.get_device_name() if chosen == "cuda" else "",
        "system": f"{platform.system()} {platform.machine()}",
        "precision": precision_of(chosen),
    }


def processor(info: Path = _CPU_INFO) -> str:
    """Name the processor as it names itself; where it does not, its architecture."""
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _colon, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()
