"""Priority for tests in real time, and for the programs that they start, on a machine that is busy.

Only root may raise priorities. For other users these functions change nothing, and a starved test may lose sound.
"""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PRIORITY: Final = 1  # of 99; the kernel leaves 5 % of the time to everything else
_NICE: Final = -15  # of -20 to 19


@contextmanager
def real_time() -> Iterator[None]:
    """Round robin for this thread, and for the processes and threads that it starts meanwhile.

    Not for programs whose threads spin while they wait for one another, as those of numpy's matrix library do, nor for
    a daemon whose clock runs as fast as the CPU allows: they would take every turn from those that they wait for.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, policy, priority)


@contextmanager
def preferred() -> Iterator[None]:
    """A large share of the CPUs for this thread, and for the processes and threads that it starts meanwhile."""
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)


def share_priority(process: int) -> None:
    """Gives the first thread of a process the policy of this thread, which a program may leave at its start."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(process, os.sched_getscheduler(0), os.sched_getparam(0))
