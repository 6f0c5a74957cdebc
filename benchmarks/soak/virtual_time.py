"""A process whose clocks are data: they go on as sound is consumed, as fast as the CPU allows.

`run` gives the daemon an event loop and clocks that know nothing of real time. Time advances by what the source
delivers; while no sound is read (the microphone is away) and nothing real is under way, it jumps to the next timer.
Work in threads and processes and on sockets is real, and time waits for it.
"""

import asyncio
import datetime as dt
import selectors
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final

from babycryd.system.worker_process import WorkerProcess
from babycryd.system.worker_thread import WorkerThread

_GRACE_S: Final = 0.001  # real: what the network needs before time jumps
FAREWELL_GRACE_S: Final = 0.05  # real: at the end nothing can be made up for later
_PATIENCE_S: Final = 5.0  # real, for a thread's work
real_monotonic: Final = time.monotonic


class VirtualClock:
    """Monotonic and wall clock of this process."""

    def __init__(self, utc_s: float) -> None:
        self._monotonic_s = 1000.0
        self._offset_s = utc_s - self._monotonic_s
        self.busy: set[Future[Any]] = set()  # work in threads
        self.grace_s = _GRACE_S

    def monotonic(self) -> float:
        return self._monotonic_s

    def time(self) -> float:
        return self._monotonic_s + self._offset_s

    def advance(self, seconds: float) -> None:
        self._monotonic_s += seconds

    def step(self, seconds: float) -> None:
        """Set the wall clock, as an owner may."""
        self._offset_s += seconds

    def install(self) -> None:
        """From now on, this is the time; before babycryd and paho take hold of another one."""
        time.monotonic, time.time = self.monotonic, self.time
        time.clock_gettime = lambda _: self.monotonic()  # babycryd.system.wall_clock reads the time since the boot

    def wait_for(self, work: "Future[Any]") -> None:
        """Time stands still until it is done."""
        self.busy.add(work)
        work.add_done_callback(self.busy.discard)

    def watch_workers(self) -> None:
        """The calls of every Worker are waited for."""
        begin = WorkerThread.begin

        def waited_for(worker: WorkerThread, work: Callable[[], Any]) -> "Future[Any]":
            result = begin(worker, work)
            self.wait_for(result)
            return result

        WorkerThread.begin = waited_for  # type: ignore[method-assign,assignment]  # the harness's whole point

    def watch_processes(self) -> None:
        """The calls of every worker process are waited for."""
        call = WorkerProcess.call

        async def waited_for(worker: WorkerProcess, function: str, *arguments: object, **choices: Any) -> Any:
            told: Future[None] = Future()
            self.wait_for(told)
            try:
                return await call(worker, function, *arguments, **choices)
            finally:
                told.set_result(None)

        WorkerProcess.call = waited_for  # type: ignore[method-assign,assignment]  # as above

    def replace_datetime(self) -> None:
        """`datetime.now()` in every module of babycryd that is imported by now."""
        clock = self

        class Virtual(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> "Virtual":
                return cls.fromtimestamp(clock.time(), tz)

        for name, module in list(sys.modules.items()):
            if name.startswith("babycryd.") and getattr(module, "datetime", None) is dt.datetime:
                module.datetime = Virtual  # type: ignore[attr-defined]  # as above


class _Selector(selectors.EpollSelector):
    """Waits for what is real; where nothing is, time jumps."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        given_up_s = real_monotonic() + _PATIENCE_S
        while not (ready := super().select(self._clock.grace_s)):
            if not self._clock.busy or real_monotonic() > given_up_s:
                self._clock.advance(timeout)
                break
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """Knows of the work that it has given to threads."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Selector(clock))
        self._virtual_clock = clock

    def time(self) -> float:
        return self._virtual_clock.monotonic()

    def run_in_executor(  # type: ignore[override]  # typeshed has variadic generics here
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        told: Future[None] = Future()
        self._virtual_clock.wait_for(told)
        result = super().run_in_executor(executor, func, *args)
        result.add_done_callback(lambda _: told.set_result(None))  # not before the loop knows of it
        return result


def run(clock: VirtualClock, main: Coroutine[Any, Any, None]) -> None:
    """To the end, in virtual time."""
    clock.watch_workers()
    clock.watch_processes()
    clock.replace_datetime()
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        runner.run(main)
