"""Patience: limits of the tests in own time, which is the time in which the tests and their programs could run.

A busy machine lets a ready program wait for a CPU. Linux counts that wait for every thread (`schedstat`), and counts
the time that the hypervisor took (`steal`) and that programs waited for the disk (pressure of `io`). Own time leaves
those waits out, so a limit means the same on a busy machine as on an idle one. Without these counters own time is
the time of the clock. Waits of several threads at once count more than once, so own time is at least a tenth of the
clock's: what never happens is told in the end.

A condition that the product does not promise in seconds has `HANG_S`: it says only when a test gives up. What knows no
other limit than the clock's has `CLOCK_HANG_S`: at a load of 22, `babycryd doctor` once took 50 seconds.
"""

import asyncio
import contextlib
import os
import queue
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

Thing = TypeVar("Thing")
HANG_S = 60.0
CLOCK_HANG_S = 200.0  # for what has only a limit by the clock (`subprocess.run`, a socket); pytest's own is 240 s
_SLOWEST = 0.1  # own seconds in a second of the clock
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Stopwatch:
    """A clock in own seconds, which starts with it and covers this process and all its descendants."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._stolen_s = _stolen_s()
        self._waited_s = dict(_waits_for_a_cpu())  # by thread

    def elapsed_s(self) -> float:
        """Own seconds since its start; threads that have ended meanwhile count as never starved."""
        waited_s = sum(max(0.0, now_s - self._waited_s.get(thread, 0.0)) for thread, now_s in _waits_for_a_cpu())
        clock_s = time.monotonic() - self._began_s
        return max(clock_s - waited_s - (_stolen_s() - self._stolen_s), _SLOWEST * clock_s)

    def over(self, limit_s: float) -> bool:
        """Whether the limit is reached; reads the counters only where the clock alone says so."""
        return time.monotonic() - self._began_s > limit_s and self.elapsed_s() > limit_s


def wait_until(happened: Callable[[], object], within_s: float, seen: Callable[[], object]) -> None:
    """Blocks until the condition holds; fails after `within_s` of own time, with what was `seen`."""
    stopwatch = Stopwatch()
    while not happened():
        if stopwatch.over(within_s):
            pytest.fail(f"not within {within_s:g} s; seen: {seen()}")
        time.sleep(0.01)


async def until(happened: Callable[[], object], within_s: float = HANG_S) -> None:
    """Waits until the condition holds; TimeoutError after `within_s` of own time."""
    async with patient(within_s):
        while not happened():  # noqa: ASYNC110  # any condition, not an event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def patient(within_s: float = HANG_S) -> AsyncIterator[None]:
    """`asyncio.timeout` in own time."""
    stopwatch, loop = Stopwatch(), asyncio.get_running_loop()
    alarm: asyncio.TimerHandle
    async with asyncio.timeout(None) as limit:

        def look() -> None:
            nonlocal alarm
            if (left_s := within_s - stopwatch.elapsed_s()) > 0:
                alarm = loop.call_later(max(left_s, 0.01), look)
            else:
                limit.reschedule(loop.time())

        alarm = loop.call_later(within_s, look)
        try:
            yield
        finally:
            alarm.cancel()


def exit_code(process: "subprocess.Popen[str] | subprocess.Popen[bytes]", within_s: float) -> int:
    """`process.wait` in own time: the exit code, or `subprocess.TimeoutExpired` after `within_s`."""
    stopwatch = Stopwatch()
    while not stopwatch.over(within_s):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.1)
    raise subprocess.TimeoutExpired(process.args, within_s)


def taken(things: "queue.Queue[Thing]", within_s: float) -> Thing:
    """The next thing of the queue; `queue.Empty` where none comes within `within_s` of own time."""
    stopwatch = Stopwatch()
    while things.empty() and not stopwatch.over(within_s):
        time.sleep(0.01)
    return things.get_nowait()


def _stolen_s() -> float:
    """Seconds since boot that the hypervisor took from the CPUs, mean of all, and that some program waited for I/O."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        steal_ticks = int(Path("/proc/stat").read_text().split(maxsplit=9)[8])
        some = Path("/proc/pressure/io").read_text().splitlines()[0]
        return steal_ticks / _TICKS_PER_S / (os.cpu_count() or 1) + int(some.rpartition("total=")[2]) / 1e6
    return 0.0


def _waits_for_a_cpu() -> Iterator[tuple[str, float]]:
    """Of each thread of this process and its descendants: its number, and how long it was ready and did not run, s."""
    processes = ["self"]
    while processes:
        for thread in _listed(Path("/proc", processes.pop(), "task")):
            processes += _read(thread / "children").split()
            counters = _read(thread / "schedstat").split()
            if counters:
                yield thread.name, int(counters[1]) / 1e9


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # the process has ended
        return []


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # the thread has ended
        return ""
