"""Say how much memory this process uses."""

import os
import resource
import sys
from pathlib import Path

import torch

_STATM = Path("/proc/self/statm")


def process_bytes() -> int:
    """Return the resident memory of this process; where the system does not tell, the most it has ever had."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # Linux counts in kibibytes, macOS in bytes.
        return most if sys.platform == "darwin" else most * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def graphics_bytes() -> int:
    """Return the memory that tensors take on the graphics card; 0 where none is in use."""
    return int(torch.cuda.memory_allocated()) if torch.cuda.is_initialized() else 0
