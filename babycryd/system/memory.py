"""Little memory, for months: glibc told to give back what was used only for a moment."""

import ctypes
import logging
from contextlib import suppress
from typing import Final

log = logging.getLogger(__name__)

# malloc.h
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 1  # for all threads; by default each of them keeps a heap of its own, and what is free in it
_MAPPED_FROM: Final = 128 * 1024  # bytes: larger blocks go back at once; by default this grows with each one freed


def keep_memory_small() -> None:
    """For this process, before it starts threads. Elsewhere than on glibc nothing happens."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for option, value in ((_M_ARENA_MAX, _ARENAS), (_M_MMAP_THRESHOLD, _MAPPED_FROM)):
        if not mallopt(option, value):
            log.debug("the C library takes no malloc option %d", option)


def give_memory_back() -> None:
    """After something large and rare; it takes some milliseconds."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
