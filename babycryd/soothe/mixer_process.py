"""Process of the mixer, seen from the daemon: started on demand, given calls with time limits, ended when stuck."""

import asyncio
import contextlib
import json
from itertools import count
from typing import Any, Final

from babycryd.soothe.player import PlayerError, TrackError
from babycryd.system.isolated_call import end_process, isolated_python, kill_process

CALL_LIMIT_S: Final = 2.0  # a stalled sound server can block SDL for ever
START_LIMIT_S: Final = 30.0  # a Pi's first import of pygame from a slow card
_BEGINNINGS: Final = frozenset({"prepare", "open", "try"})  # calls for which a new process may be started
_CRASHED: Final = "the sound system has crashed"
_PROGRAM: Final = "babycryd.soothe.mixer_program"


class StuckError(PlayerError):
    """The process did not answer in time, or ended; it has been killed."""


class MixerProcess:
    """Process with a `Mixer`; one call at a time. After a StuckError, the next `open` starts a new process."""

    def __init__(self, device: str | None = None) -> None:
        self._arguments = () if device is None else (device,)
        self._process: asyncio.subprocess.Process | None = None
        self._ids = count()
        self._turn = asyncio.Lock()
        self._killed = False  # though it may not have ended yet
        self._closed = False

    async def call(self, name: str, limit_s: float = CALL_LIMIT_S, **arguments: Any) -> Any:
        """Return the result of a call of mixer_program. Raises PlayerError, TrackError, StuckError."""
        async with self._turn:
            process = self._running() or await self._started(name)
            return await self._ask(process, name, limit_s, arguments)

    def kill(self) -> None:
        """End the process at once; this frees the speaker even where its sound server hangs."""
        self._killed = True
        if self._process is not None and self._process.returncode is None:
            kill_process(self._process)

    async def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.kill()
        if self._process is not None:
            await end_process(self._process)

    def _running(self) -> asyncio.subprocess.Process | None:
        if self._process is None or self._process.returncode is not None or self._killed:
            return None
        return self._process

    async def _started(self, name: str) -> asyncio.subprocess.Process:
        if self._closed:
            raise PlayerError("babycryd is stopping")
        if name not in _BEGINNINGS:
            raise StuckError(_CRASHED)
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        command = (*isolated_python(_PROGRAM), *self._arguments)
        try:
            self._process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nowhere)
        except (OSError, ValueError) as error:  # ValueError: a device name with a zero byte
            raise PlayerError(f"the mixer's process cannot be started ({error})") from error
        self._killed = False
        await self._ask(self._process, "prepare", START_LIMIT_S, {})
        return self._process

    async def _ask(self, process: asyncio.subprocess.Process, name: str, limit_s: float, arguments: Any) -> Any:
        assert process.stdin is not None  # made with pipes
        number = next(self._ids)
        call = json.dumps({"id": number, "call": name, "with": arguments}).encode()
        try:
            async with asyncio.timeout(limit_s):
                with contextlib.suppress(ConnectionError):  # it has ended; reading says so
                    process.stdin.write(call + b"\n")
                    await process.stdin.drain()
                answer = await _answer_to(number, process)
        except TimeoutError:
            self.kill()
            raise StuckError("the sound system does not answer; is the speaker or its sound server stalled?") from None
        except EOFError:
            self.kill()
            raise StuckError(_CRASHED) from None
        if "error" in answer:
            raise (TrackError if answer["of"] == "track" else PlayerError)(answer["error"])
        return answer["result"]


async def _answer_to(number: int, process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Return the answer to this call, past answers to calls that were given up. Raises EOFError."""
    assert process.stdout is not None  # made with pipes
    while line := await process.stdout.readline():
        answer: dict[str, Any] = json.loads(line)
        if answer["id"] == number:
            return answer
    raise EOFError
