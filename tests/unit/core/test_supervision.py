"""Optional tasks come back, vital ones may not end, and a cancellation is never swallowed."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from graphlib import CycleError

import pytest

from babycryd.core.supervision import (
    Backoff,
    Component,
    VitalTaskEnded,
    keep_running,
    stop,
    stop_all,
    stop_order,
    supervise,
    vital,
)
from tests.support.patience import patient


async def nothing() -> None:
    pass


def longest(low: float, high: float) -> float:
    return high


class Flaky:
    """A task that fails as often as asked, each time after so many seconds, then returns."""

    def __init__(self, failures: int, lasts_s: float = 0.0) -> None:
        self.runs = 0
        self._failures = failures
        self._lasts_s = lasts_s

    async def __call__(self) -> None:
        self.runs += 1
        await asyncio.sleep(self._lasts_s)
        if self.runs <= self._failures:
            raise OSError(f"failure {self.runs}")


@pytest.fixture
def short_naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses asked for; none of them is waited for."""
    naps: list[float] = []
    sleep = asyncio.sleep

    async def nap(delay_s: float) -> None:
        naps.append(delay_s)
        await sleep(0)

    monkeypatch.setattr("babycryd.core.supervision.asyncio.sleep", nap)
    return naps


def test_pauses_double_up_to_the_highest() -> None:
    backoff = Backoff(lowest_s=0.5, highest_s=3.0, uniform=longest)
    assert [backoff.pause_s(lasted_s=1.0) for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_stable_run_makes_the_pause_short_again() -> None:
    backoff = Backoff(stable_s=10.0, uniform=longest)
    assert [backoff.pause_s(lasted_s) for lasted_s in (0, 0, 9.9, 10.0, 0)] == [0.5, 1.0, 2.0, 0.5, 1.0]


def test_chance_takes_up_to_half_of_a_pause() -> None:
    pauses_s = [Backoff().pause_s(0) for _ in range(200)]
    assert 0.25 <= min(pauses_s) < max(pauses_s) <= 0.5


def test_the_jitter_limits_what_chance_takes() -> None:
    backoff = Backoff(lowest_s=1.0, highest_s=1.0, jitter=0.25)
    pauses_s = [backoff.pause_s() for _ in range(200)]
    assert 0.75 <= min(pauses_s) < max(pauses_s) <= 1.0


def test_a_reset_makes_the_pause_short_again() -> None:
    backoff = Backoff(uniform=longest)
    assert [backoff.pause_s(), backoff.pause_s()] == [0.5, 1.0]
    backoff.reset()
    assert backoff.pause_s() == 0.5


async def test_a_failing_task_is_run_again_and_counted(
    short_naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    restarts: Counter[str] = Counter()
    task = Flaky(failures=8)
    await keep_running("mqtt", task, restarts=restarts, uniform=longest)
    assert task.runs == 9
    assert restarts == {"mqtt": 8}
    assert [nap for nap in short_naps if nap] == [0.5, 1, 2, 4, 8, 16, 32, 60]
    assert len(caplog.records) == 8
    assert caplog.records[0].getMessage() == "mqtt failed, again in 0.5 s: failure 1"


async def test_an_optional_failure_leaves_siblings_alone() -> None:
    async with asyncio.TaskGroup() as group:
        flaky = group.create_task(keep_running("web", Flaky(failures=99), uniform=longest))
        sibling = group.create_task(asyncio.sleep(0.05, "done"))
        assert await sibling == "done"
        assert not flaky.done()
        flaky.cancel()
    assert flaky.cancelled()


async def test_cancelling_reaches_the_task_itself() -> None:
    cleaned_up = asyncio.Event()

    async def run() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cleaned_up.set()

    for start in (lambda: keep_running("a", run), lambda: vital("b", run)):
        await _cancel_after_start(start)
        assert cleaned_up.is_set()
        cleaned_up.clear()


async def _cancel_after_start(start: Callable[[], Coroutine[object, object, None]]) -> None:
    task = asyncio.ensure_future(start())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_vital_task_that_returns_is_an_error() -> None:
    with pytest.raises(VitalTaskEnded, match="listen ended"):
        await vital("listen", Flaky(failures=0))


async def test_a_vital_crash_passes_as_it_is() -> None:
    with pytest.raises(OSError, match="failure 1"):
        await vital("listen", Flaky(failures=1))


async def test_each_failure_is_logged_with_its_origin(
    short_naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await keep_running("web", Flaky(failures=1))
    assert caplog.records[0].exc_info is not None


def test_components_stop_after_those_that_they_name() -> None:
    components = [
        Component("web"),
        Component("mqtt", stop_after=("soothe",)),
        Component("soothe", stop_after=("listen", "not there")),
        Component("listen"),
    ]
    assert [each.name for each in stop_order(components)] == ["listen", "soothe", "mqtt"]


async def test_what_has_no_order_is_cancelled_and_closed_as_well_and_last() -> None:
    done: list[str] = []

    def component(name: str, *after: str) -> Component:
        async def run() -> None:
            await asyncio.sleep(60)

        async def close() -> None:
            done.append(name)

        return Component(name, run, close, stop_after=after)

    components = [component("echo"), component("mqtt", "soothe"), component("soothe"), Component("web")]
    tasks = {each.name: asyncio.create_task(supervise(each)) for each in components if each.run}
    await asyncio.sleep(0)
    await stop_all(components, tasks)
    assert done == ["soothe", "mqtt", "echo"]
    assert all(task.cancelled() for task in tasks.values())


async def test_a_task_that_should_end_itself_and_does_not_is_cancelled() -> None:
    component = Component("mqtt", lambda: asyncio.sleep(60), close=nothing, stop_after=("soothe",), ends_itself=True)
    task = asyncio.create_task(supervise(component))
    await asyncio.sleep(0)
    await stop_all([component], {"mqtt": task})
    async with patient():
        await asyncio.wait([task])
    assert task.cancelled()


def test_no_component_can_wait_for_itself() -> None:
    with pytest.raises(CycleError):
        stop_order([Component("a", stop_after=("b",)), Component("b", stop_after=("a",))])


async def test_a_component_is_cancelled_and_then_closed() -> None:
    done: list[str] = []

    async def run() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            done.append("cancelled")

    async def close() -> None:
        done.append("closed")

    component = Component("soothe", run, close, vital=True)
    task = asyncio.create_task(supervise(component))
    await asyncio.sleep(0)
    await stop(component, task)
    assert done == ["cancelled", "closed"]
    assert task.cancelled()


async def test_a_component_that_ends_itself_is_not_cancelled() -> None:
    closing = asyncio.Event()

    async def run() -> None:
        await closing.wait()

    async def close() -> None:
        closing.set()

    component = Component("mqtt", run, close, ends_itself=True)
    task = asyncio.create_task(supervise(component))
    await asyncio.sleep(0)
    await stop(component, task)
    async with patient():
        await task
    assert not task.cancelled()


async def test_a_task_that_does_not_end_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babycryd.core.supervision.CANCEL_LIMIT_S", 0.05)
    released = asyncio.Event()

    async def run() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    closed = asyncio.Event()
    component = Component("clips", run, closed.wait)
    closed.set()
    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    async with patient():
        await stop(component, task)
    assert not task.done()  # it was left behind
    released.set()
    await task
