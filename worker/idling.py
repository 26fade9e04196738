"""Let the process that makes previews be small while nobody looks at any: it loads the training stack on the first one.

What Python has loaded it does not give back, so that after some quiet minutes the process ends and begins anew.
"""

import os
import signal
import threading
import time
from importlib import import_module
from types import ModuleType

# So long a lead may think between two looks and still find the process awake; to wake it takes some seconds.
QUIET_SECONDS = 600.0
LOOK_SECONDS = 15.0

_used = threading.Event()
_anew = threading.Event()
_last = 0.0


def stay_small() -> None:
    """Use one thread for each piece of work, whatever is loaded later: a training in hand needs the other cores."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"


def wake(module: str) -> ModuleType:
    """Load what makes previews, once, and count the quiet time from now on."""
    global _last  # noqa: PLW0603 - one process, one clock
    _last = time.monotonic()
    if not _used.is_set():
        _used.set()
        threading.Thread(target=_watch, name="idling", daemon=True).start()
    return import_module(module)


def wants_to_begin_anew() -> bool:
    """Tell whether the process ended because nobody needed it."""
    return _anew.is_set()


def is_quiet(last: float, moment: float) -> bool:
    """Tell whether nobody has asked for anything for long."""
    return moment - last >= QUIET_SECONDS


def _watch() -> None:
    while not is_quiet(_last, time.monotonic()):
        time.sleep(LOOK_SECONDS)
    _anew.set()
    # Politely: what has just come in is done first.
    os.kill(os.getpid(), signal.SIGTERM)
