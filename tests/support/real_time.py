"""Real-time priority for sound that must not wait for a CPU, in a test and in the programs that it starts."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PRIORITY: Final = 1  # of 99; the kernel leaves 5 % of the time to everything else


@contextmanager
def real_time() -> Iterator[None]:
    """Round robin for this thread, and for the processes and threads that it starts meanwhile.

    Only root may; for others it changes nothing, and a starved virtual sound card loses blocks.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, policy, priority)


def share_priority(process: int) -> None:
    """Gives the first thread of a process what this thread has, where the process has left it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(process, os.sched_getscheduler(0), os.sched_getparam(0))
