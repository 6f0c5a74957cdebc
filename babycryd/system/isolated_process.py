"""Isolated process: makes the one call of `isolated_call.py`; it imports little, as it starts often.

The function and its arguments, as JSON, are on the command line. The result, or the exception's `error` and `kind`,
goes as JSON to the standard output.
"""

import ctypes
import json
import os
import signal
from pkgutil import resolve_name
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


def serve(function: str, arguments: str) -> None:
    """Make one call in the new process and end it at once: an exit handler of a library may hang."""
    end_with_parent()
    answer_to = os.dup(1)
    os.dup2(2, 1)  # a library's own print is no part of the answer
    try:
        answer = {"result": resolve_name(function)(*json.loads(arguments))}
    except BaseException as error:  # noqa: BLE001  # passed to the caller
        answer = {"error": str(error), "kind": type(error).__name__}
    with os.fdopen(answer_to, "wb") as out:
        out.write(json.dumps(answer).encode())
    os._exit(0)


def end_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
