"""Ctrl+C while processes begin: they inherit that it is held back, so that only the one that began them answers it."""

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Let processes that begin meanwhile ignore Ctrl+C, and let this one take it afterwards. Main thread only.

    The mask alone would hold nothing back here: any other thread takes the signal, and Python then raises
    KeyboardInterrupt in this one, in the middle of beginning a process, which tells that it has nothing to read.
    """
    taken: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: taken.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
        if taken:
            signal.raise_signal(signal.SIGINT)
