"""Speed, memory, latency and gates, side by side with other ways. One thread each: set before numpy is loaded."""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"
