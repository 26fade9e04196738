"""Train and predict as a pure library: data and callbacks in, values out, no database and no broker."""

import warnings

# fastai 2.8 uses both while it is imported, torch 2.14 and pandas 3 deprecate them: nobody who reads a worker's log can
# act on that.
warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
warnings.filterwarnings("ignore", message="The 'mode.chained_assignment' option is deprecated")
