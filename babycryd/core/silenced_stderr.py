"""Silence for libraries that write to stderr and have no switch, also where several threads want it at once.

Each way of its own, which keeps descriptor 2 and gives it back, would give back what another thread has put there: the
silence would stay for good. sounddevice has such a way of its own, so whoever lets it start PortAudio asks for silence
here as well.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_STDERR: Final = 2

_lock = threading.Lock()
_wanted = 0  # blocks that want silence now
_kept: int | None = None  # a copy of stderr as it was before the first of them


@contextmanager
def stderr_silenced() -> Iterator[None]:
    """Let descriptor 2 lead nowhere for a block, and until the last block at the same time has ended."""
    _begin()
    try:
        yield
    finally:
        _end()


def give_stderr_back() -> None:
    """End the silence at once, for a program that takes this one's place: a block may hang."""
    with _lock:
        if _kept is not None:
            os.dup2(_kept, _STDERR)


def _begin() -> None:
    global _wanted, _kept  # noqa: PLW0603  # descriptor 2 is one for the whole process
    with _lock:
        _wanted += 1
        if _wanted == 1:
            _kept = os.dup(_STDERR)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDERR)
            os.close(nowhere)


def _end() -> None:
    global _wanted, _kept  # noqa: PLW0603  # as above
    with _lock:
        _wanted -= 1
        if _wanted == 0 and _kept is not None:
            os.dup2(_kept, _STDERR)
            os.close(_kept)
            _kept = None
