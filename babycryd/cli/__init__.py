"""Commands, one module each: HELP, `add_arguments(parser)`, `execute(arguments) -> exit code`.

Modules import little at the top: `babycryd run` must listen within a second of its start.
"""

import os

# Set before numpy is loaded: the matrix products are so small that OpenBLAS's other threads only burn CPU while
# they wait, which doubled the daemon's load.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
