"""Isolated call: one function of babycryd in a process of its own, which a library may crash, end or block.

The function and its arguments, as JSON, are on the command line of the new process; it writes the result, as JSON, on
its standard output. It ends with this process.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
from pkgutil import resolve_name
from typing import Any, Final

_PROGRAM: Final = "import sys; sys.path[:] = {path!r}; from {module} import serve; serve(*sys.argv[1:])"
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_KILL_LIMIT_S: Final = 0.5


class IsolatedCallError(Exception):
    """The call has no result; the message says how it ended."""

    def __init__(self, text: str, kind: str = "") -> None:
        """`text`, `kind`: an exception's message and the name of its type; no `kind`: the process ended otherwise."""
        super().__init__(f"{kind}: {text}" if kind and text else text or kind)
        self.kind = kind
        self.text = text


def isolated_python(module: str) -> tuple[str, ...]:
    """Return the command of a new Python that calls `serve` of a module of ours, with the arguments that follow.

    Isolated, it ignores its environment variables and the current folder; modules come from where ours come from.
    """
    return sys.executable, "-I", "-c", _PROGRAM.format(path=[each for each in sys.path if each], module=module)


async def call_isolated(function: str, *arguments: object, limit_s: float) -> Any:
    """Return what `module:function` returns for these arguments in a new process; all of them can be JSON.

    Raises IsolatedCallError where the function raises, where a signal ends the process, and after `limit_s`.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *(*isolated_python(__name__), function, json.dumps(arguments)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise IsolatedCallError(f"no process can be started: {error.strerror}") from error
    try:
        async with asyncio.timeout(limit_s):
            written, _ = await process.communicate()
    except TimeoutError:
        raise IsolatedCallError(f"no answer within {limit_s:g} s") from None
    finally:
        await end_process(process)
    return _result(written, process.returncode or 0)


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Kill the process if it still runs; a call that not even SIGKILL ends is left behind."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILL_LIMIT_S):
                await process.wait()


def _result(written: bytes, code: int) -> Any:
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
