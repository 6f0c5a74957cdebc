"""Silence for libraries that write to stderr and have no switch, also where several threads want it at once.

A thread that silences descriptor 2 by itself keeps what stands there, and puts that back afterwards. Where another
thread has silenced it before, the silence is what it puts back, and stderr stays silent. sounddevice does so while it
starts PortAudio, so the code that lets it start asks for silence here first.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        if _wanted > 1:
            return
        with suppress(OSError):  # stderr is closed, or no descriptor is free: the libraries are heard
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                _kept = os.dup(_STDERR)
                os.dup2(nowhere, _STDERR)
            finally:
                os.close(nowhere)


def _end() -> None:
    global _wanted, _kept  # noqa: PLW0603  # as above
    with _lock:
        _wanted -= 1
        if _wanted == 0 and _kept is not None:
            os.dup2(_kept, _STDERR)
            os.close(_kept)
            _kept = None
