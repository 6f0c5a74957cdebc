"""Isolated process: makes the one call of `isolated_call.py`; it imports little, as it starts often.

The function and its arguments, as JSON, are on the command line. The result, or the exception's `error` and `kind`,
goes as JSON to the standard output.
"""

import contextlib
import ctypes
import io
import json
import os
import resource
import signal
from pathlib import Path
from pkgutil import resolve_name
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


def serve(function: str, arguments: str) -> None:
    """Make one call in the new process and end it at once: an exit handler of a library may hang."""
    answers = begin()
    try:
        answer = {"result": resolve_name(function)(*json.loads(arguments))}
    except BaseException as error:  # noqa: BLE001  # passed to the caller
        answer = {"error": str(error), "kind": type(error).__name__}
    answers.write(json.dumps(answer).encode())
    os._exit(0)


def begin() -> io.FileIO:
    """Let the kernel kill this process when the thread that started it ends; return the stream of its answers.

    A library's own print goes to the standard error, and is no part of an answer.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    answers = io.FileIO(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def outlast_the_daemon() -> None:
    """Ignore the signals that end the daemon: all its processes get them at once, and it stops in good order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def limit_memory(most_bytes: int) -> None:
    """Let this process write to so much memory at most, and leave no image of it behind."""
    for limit, most in ((resource.RLIMIT_DATA, most_bytes), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):  # a service may be forbidden to change limits
            resource.setrlimit(limit, (most, most))


def give_way(oom_score: int, nice: int = 0) -> None:
    """Let this process, not the daemon, be the first to go without: memory by `oom_score`, 0..1000, CPU by `nice`."""
    with contextlib.suppress(OSError):  # systemd's filter of system calls forbids it
        os.nice(nice)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(oom_score), "ascii")
