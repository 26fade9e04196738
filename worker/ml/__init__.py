"""Train and predict as a pure library: data and callbacks in, values out, no database and no broker."""

import os
import warnings

# Before torch is imported: how long a core spins while it waits for another. By default that is a millisecond, which is
# time stolen from every other program: beside busy ones a training step cost two to three times as much. A few
# microseconds bridge the gap between two layers all the same.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")

# fastai 2.8 uses both while it is imported, torch 2.14 and pandas 3 deprecate them: nobody who reads a worker's log can
# act on that.
warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
warnings.filterwarnings("ignore", message="The 'mode.chained_assignment' option is deprecated")
