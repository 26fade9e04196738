"""Watch how much memory a piece of work takes at most."""

import threading
from types import TracebackType
from typing import Self

import torch

from worker.ml.memory import process_bytes

# Often enough to see a batch pass, seldom enough to cost nothing.
_EVERY_SECONDS = 0.02


class Peak:
    """Look at the memory of this process, and of the graphics card, as long as the work goes on."""

    def __init__(self) -> None:
        self.memory = process_bytes()
        self.graphics = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        if torch.cuda.is_initialized():
            torch.cuda.reset_peak_memory_stats()
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Look for the last time."""
        self._over.set()
        self._thread.join()
        if torch.cuda.is_initialized():
            self.graphics = int(torch.cuda.max_memory_allocated())

    def _watch(self) -> None:
        while True:
            self.memory = max(self.memory, process_bytes())
            if self._over.wait(_EVERY_SECONDS):
                return
