"""How the parts of `loupe up` notice that nobody is left who would stop them."""

import os
import signal

# Set by `loupe up` for its children; a worker or web server that was started by hand looks after itself.
SUPERVISED = "LOUPE_SUPERVISED"
_PARENT = os.getppid()


def end_if_abandoned() -> bool:
    """End this process, politely, if the `loupe up` that started it was killed."""
    if not os.environ.get(SUPERVISED) or os.getppid() == _PARENT:
        return False
    os.kill(os.getpid(), signal.SIGTERM)
    return True
