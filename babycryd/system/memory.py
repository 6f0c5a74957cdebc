"""Memory of the process: settings of glibc's allocator that keep it small, and what the system has left."""

import ctypes
import logging
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

# malloc.h
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 1  # one heap for all threads; by default each keeps its own, and the free memory in it
_MAPPED_FROM: Final = (
    128 * 1024
)  # bytes: larger blocks go back at once; by default this limit grows with each one freed
_MEMINFO: Final = Path("/proc/meminfo")


def available_mb(meminfo: Path = _MEMINFO) -> float | None:
    """Return the memory in MB that Linux would give now without swapping; None where it does not say so."""
    try:
        lines = meminfo.read_text("ascii").splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None


def keep_memory_small() -> None:
    """Set up the allocator of this process; does nothing without glibc.

    Call it before the first thread or asyncio's first child process, which starts one: from then on glibc ignores the
    number of arenas.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for option, value in ((_M_ARENA_MAX, _ARENAS), (_M_MMAP_THRESHOLD, _MAPPED_FROM)):
        if not mallopt(option, value):
            log.debug("the C library takes no malloc option %d", option)


def give_memory_back() -> None:
    """Return freed memory to the system, in some milliseconds; call it after large, rare work."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
