"""Worker process: makes calls that would hold the interpreter's lock for long, or that a library may hang or crash in.

A request is a line of JSON, the function and its arguments. The answer is a line of JSON with the result, or with an
exception's `error` and `kind`; a result of bytes follows the line.
"""

import asyncio
import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any, Final

from babycryd.system.isolated_call import (
    IsolatedCallError,
    NoAnswerError,
    NoProcessError,
    end_process,
    isolated_python,
    kill_process,
    signal_name,
)
from babycryd.system.isolated_process import begin, give_way, outlast_the_daemon

Functions = Mapping[str, Callable[..., Any]]

IDLE_S: Final = 60.0
_END_LIMIT_S: Final = 10.0  # for a process that has closed its output to end, on a busy computer too
_NICE: Final = 5  # on a busy computer 10 let a picture take minutes
_OOM_SCORE: Final = 800  # where memory is short, the kernel ends this process and not the daemon


class WorkerProcess:
    """Process of its own that makes one call after the other, started by the first one and ended when it is idle.

    It is killed when a call takes too long or is cancelled, and with this process. Loop thread only.
    """

    def __init__(self, *program: str, idle_s: float = IDLE_S) -> None:
        """`program`: `module:function`, which returns the Functions to call by name, and its arguments.

        Without it any function may be called, as `module:function`. `idle_s`: math.inf keeps an idle process.
        """
        self._program = program
        self._idle_s = idle_s
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._idle: asyncio.TimerHandle | None = None
        self.started = 0  # how many times

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def kill(self) -> None:
        """Kill the process without waiting for its end."""
        if self._idle:
            self._idle.cancel()
        if self._process is not None and self._process.returncode is None:
            kill_process(self._process)

    async def close(self) -> None:
        """Kill the process and wait for its end; a later call starts a new one."""
        self.kill()
        process, self._process = self._process, None
        if process is not None:
            await end_process(process)

    async def call(self, function: str, *arguments: object, limit_s: float, **choices: object) -> Any:
        """Return what the function returns for these arguments, which can be JSON; bytes, or what can be JSON.

        Calls wait for their turn; `limit_s` counts from there. Raises IsolatedCallError where the function raises and
        where the process ends; NoAnswerError after `limit_s`; NoProcessError where no process can be started.
        """
        async with self._turn:
            if self._idle:
                self._idle.cancel()
            process = await self._start()
            try:
                async with asyncio.timeout(limit_s):
                    answer, content = await _exchange(process, json.dumps([function, arguments, choices]))
            except TimeoutError:
                await self.close()
                raise NoAnswerError(limit_s) from None
            except (OSError, EOFError, ValueError) as error:
                code = await _ended(process) if isinstance(error, OSError | EOFError) else None
                await self.close()
                raise IsolatedCallError(_ending(code)) from None
            except BaseException:  # cancelled: the answer would be taken for that of the next call
                await self.close()
                raise
            if math.isfinite(self._idle_s):
                self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle, process)
        if "error" in answer:
            raise IsolatedCallError(answer["error"], answer["kind"])
        return answer.get("result", content)

    async def _start(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self.started += 1
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *isolated_python(__name__),
                    *self._program,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            except (OSError, ValueError) as error:  # ValueError: an argument with a zero byte
                raise NoProcessError(f"no process can be started: {error}") from error
        return self._process

    def _end_idle(self, process: asyncio.subprocess.Process) -> None:
        """Close the standard input of an idle process, which ends it."""
        if process.stdin is not None and not self._turn.locked():
            process.stdin.close()
            self._process = None


async def _exchange(process: asyncio.subprocess.Process, request: str) -> tuple[dict[str, Any], bytes]:
    """Make one call; return the line of its answer and its bytes. Raises OSError, EOFError, ValueError."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{request}\n".encode())
    await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        raise EOFError
    answer = json.loads(line)
    return answer, await process.stdout.readexactly(answer.get("n_bytes", 0))


async def _ended(process: asyncio.subprocess.Process) -> int | None:
    """Return the exit code of a process that has closed its output; None where it does not end in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_LIMIT_S):
            await process.wait()
    return process.returncode


def _ending(code: int | None) -> str:
    return f"crashed with {signal_name(-code)}" if code is not None and code < 0 else "ended without an answer"


def serve(program: str = "", *arguments: str) -> None:
    """Answer requests in the new process until standard input ends; see WorkerProcess about `program`."""
    with io.BufferedWriter(begin()) as answers:
        outlast_the_daemon()
        if program:
            functions = resolve_name(program)(*arguments)
        else:
            functions = None
            give_way(_OOM_SCORE, _NICE)
        for request in sys.stdin.buffer:
            answer, content = _answer(request, functions)
            answers.write(json.dumps(answer).encode() + b"\n" + content)
            answers.flush()
        os._exit(0)  # an exit handler of a library may hang, such as SDL's on a stalled sound server


def _answer(request: bytes, functions: Functions | None) -> tuple[dict[str, Any], bytes]:
    name, arguments, choices = json.loads(request)
    try:
        function = resolve_name(name) if functions is None else functions[name]
        result = function(*arguments, **choices)
    except Exception as error:  # noqa: BLE001  # passed to the caller
        return {"error": str(error), "kind": type(error).__name__}, b""
    return ({"n_bytes": len(result)}, result) if isinstance(result, bytes) else ({"result": result}, b"")
