"""Process exit that no hanging thread can delay."""

import logging
import os
import sys
import threading
import time
from typing import NoReturn

from babycryd.core.silenced_stderr import give_stderr_back

_LIMIT_S = 0.3


def leave_despite_hanging_threads(code: int) -> None:
    """Return if the interpreter can end by itself; else end the process with `code` after a moment.

    A thread in a call that does not come back, to the resolver for instance, would keep the
    interpreter for as long as that call takes.
    """
    deadline_s = time.monotonic() + _LIMIT_S
    while _waited_for():
        if time.monotonic() > deadline_s:
            leave_at_once(code)
        time.sleep(0.01)


def leave_at_once(code: int) -> NoReturn:
    """End the process without taking the interpreter apart, which is slow on a Pi and can hang."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def start_again() -> NoReturn:
    """Begin this process anew with its own command line. Raises OSError.

    The process keeps its number, so that systemd and a container see no end. Open files close with it.
    """
    logging.shutdown()
    sys.stdout.flush()
    give_stderr_back()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # no shell: the same program


def _waited_for() -> bool:
    """Return whether a thread runs that the interpreter would wait for."""
    return any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())
