"""Isolated call: one function of babycryd in a process of its own, which a library may crash, end or block.

The new process is that of `isolated_process.py`. It ends with this one.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

_ROOT: Final = str(Path(__file__).parents[2])  # of babycryd, which an editable installation has not in sys.path
_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve(*sys.argv[1:])"
_SERVER: Final = "babycryd.system.isolated_process"
_KILL_LIMIT_S: Final = 0.5

log = logging.getLogger(__name__)


class IsolatedCallError(Exception):
    """The call has no result; the message says how it ended."""

    def __init__(self, text: str, kind: str = "") -> None:
        """`text`, `kind`: an exception's message and the name of its type; no `kind`: the process ended otherwise."""
        super().__init__(f"{kind}: {text}" if kind and text else text or kind)
        self.kind = kind
        self.text = text or kind


class NoAnswerError(IsolatedCallError):
    """The call took too long; its process has been killed."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"no answer within {limit_s:g} s")


class NoProcessError(IsolatedCallError):
    """The computer let no process run, for want of memory or processes: this says nothing of the function."""


def isolated_python(module: str) -> tuple[str, ...]:
    """Return the command of a new Python that calls `serve` of a module of ours, with the arguments that follow.

    It ignores its environment variables and the current folder (-I), and what installed packages let every Python do at
    its start (-S); modules come from where those of this process come from.
    """
    return sys.executable, "-IS", "-c", _PROGRAM.format(path=[*filter(None, sys.path), _ROOT], module=module)


async def call_isolated(function: str, *arguments: object, limit_s: float) -> Any:
    """Return what `module:function` returns for these arguments in a new process; all of them can be JSON.

    Raises IsolatedCallError where the function raises or a signal ends the process; NoAnswerError after `limit_s`;
    NoProcessError where the process cannot be started or is killed.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *(*isolated_python(_SERVER), function, json.dumps(arguments)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise NoProcessError(f"no process can be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(limit_s):
            written, _ = await process.communicate()
    except TimeoutError:
        raise NoAnswerError(limit_s) from None
    finally:
        await end_process(process)
    return _result(written, process.returncode or 0)


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Kill the process if it still runs; one that not even SIGKILL ends in half a second is told and left behind."""
    if process.returncode is None:
        kill_process(process)
        try:
            async with asyncio.timeout(_KILL_LIMIT_S):
                await process.wait()
        except TimeoutError:
            log.warning("process %d was killed and has not ended, as where a device hangs; it is left", process.pid)


def kill_process(process: asyncio.subprocess.Process) -> None:
    """Send SIGKILL to a process whose end has not been reported yet, as often as the caller likes.

    `Process.kill` looks first whether the process has ended, and so can take the exit code from under asyncio, which
    then warns of an unknown child process.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


def _result(written: bytes, code: int) -> Any:
    if code == -signal.SIGKILL:  # no library does that; the kernel does for want of memory
        raise NoProcessError("the process was killed")
    if code < 0:
        raise IsolatedCallError(f"crashed with {signal_name(-code)}")
    try:
        answer = json.loads(written)
    except ValueError:
        raise IsolatedCallError(f"ended without an answer, exit code {code}") from None
    if "error" in answer:
        raise IsolatedCallError(answer["error"], answer["kind"])
    return answer["result"]


def signal_name(number: int) -> str:
    """Return the name of a signal, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
