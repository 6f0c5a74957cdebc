"""End of everything that this process has started, also of what leaves its parent, as a container does.

Linux makes a "child subreaper" the parent of each orphan among its descendants, so that none leaves its tree.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BY_THEMSELVES_S: Final = 5.0  # for what is about to end, such as podman, which puts a container away
_PR_SET_CHILD_SUBREAPER: Final = 36  # prctl(2)


def adopt_orphans() -> None:
    """Make this process the parent of each orphan among its descendants, so that `Stopwatch` counts their waits."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextmanager
def none_left() -> Iterator[None]:
    """A block that SIGINT, SIGTERM and SIGHUP leave by SystemExit; no process that it started runs after it.

    Further signals are ignored from the first one on. Main thread only, for a program that ends with the block.
    """
    adopt_orphans()
    for number in SIGNALS:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        _ignore_signals()
        end_descendants()


def _leave(number: int, _: FrameType | None) -> None:
    _ignore_signals()
    raise SystemExit(128 + number)


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def descendants() -> set[int]:
    """Ids of all processes below this one that have not ended."""
    parents = dict[int, int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            state, parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found, generation = set[int](), {os.getpid()}
    while generation := {pid for pid, parent in parents.items() if parent in generation}:
        found |= generation
    return found


def end_descendants() -> None:
    """Wait BY_THEMSELVES_S for the end of all descendants, kill those that are left, and take their exit codes."""
    kill_from_s = time.monotonic() + BY_THEMSELVES_S
    while left := descendants():
        if time.monotonic() >= kill_from_s:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    with contextlib.suppress(ChildProcessError):  # there is no child any more
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
