"""An optional component whose builder raises stays closed, says why, and opens as soon as it can."""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from babycryd.config import ConfigError, Problem
from babycryd.core.bus import Bus, Subscription
from babycryd.core.events import Event, Hearing, StateChanged
from babycryd.core.supervision import Backoff, Work
from babycryd.daemon.opening import Opening
from tests.support.patience import patient

STATE = StateChanged(1.0, "listening", 9.0, None)


class Builder:
    """Builder that raises some times, after it has subscribed."""

    def __init__(self, bus: Bus, *failures: Exception) -> None:
        self.failures = list(failures)
        self.ran, self.closed = asyncio.Event(), asyncio.Event()
        self.events: Subscription | None = None
        self._bus = bus

    def __call__(self) -> Work:
        events = self._bus.subscribe("mqtt")
        if self.failures:
            raise self.failures.pop(0)
        self.events = events
        return Work(self._run, self._close)

    async def _run(self) -> None:
        self.ran.set()
        await asyncio.sleep(60)

    async def _close(self) -> None:
        self.closed.set()


def opening(build: Callable[[], Work | None], bus: Bus, closed: dict[str, str]) -> Opening:
    return Opening("mqtt", build, bus, closed, Backoff(lowest_s=0.01, highest_s=0.01))


def unreadable(why: str = "empty") -> ConfigError:
    return ConfigError("/etc/password", [Problem(why, "mqtt_password")])


async def run_until(what: asyncio.Event, component: Opening) -> None:
    task = asyncio.create_task(component.run())
    try:
        async with patient():
            await what.wait()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("failure", [unreadable(), OSError(5, "broken"), ValueError(), ImportError("no paho")])
async def test_a_failed_attempt_leaves_its_reason_and_nothing_else(failure: Exception) -> None:
    bus, closed = Bus(), dict[str, str]()
    component = opening(Builder(bus, failure), bus, closed)
    assert component.is_wanted
    assert bus.subscriptions == ()
    assert closed == {"mqtt": str(failure) or "ValueError"}
    await component.close()  # nothing was built


async def test_it_is_tried_again_told_once_and_knows_the_present_when_it_opens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    bus, closed = Bus(), dict[str, str]()
    build = Builder(bus, *[unreadable() for _ in range(5)], unreadable("not there"))
    component = opening(build, bus, closed)
    bus.publish(Hearing(0.5, "USB"))
    bus.publish(STATE)
    await run_until(build.ran, component)
    assert closed == {}
    assert [record.getMessage() for record in caplog.records] == [
        "mqtt stays closed, and is tried again: /etc/password: mqtt_password: empty",
        "mqtt stays closed, and is tried again: /etc/password: mqtt_password: not there",
        "mqtt is open",
    ]
    assert len(bus.subscriptions) == 1
    assert build.events is not None
    told: list[Event] = [await build.events.get() for _ in range(len(build.events))]
    assert told == [Hearing(0.5, "USB"), STATE]
    await component.close()
    assert build.closed.is_set()


async def test_what_opens_at_once_is_told_nothing_twice(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bus, closed = Bus(), dict[str, str]()
    build = Builder(bus)
    component = opening(build, bus, closed)
    await run_until(build.ran, component)
    assert (caplog.records, closed) == ([], {})


def test_what_the_settings_do_not_want_is_no_component() -> None:
    assert not opening(lambda: None, Bus(), {}).is_wanted


async def test_a_heavy_module_is_loaded_before_the_component_is_built_by_its_task() -> None:
    bus, closed, module = Bus(), dict[str, str](), "babycryd.demo.night"
    loaded, built = list[bool](), Builder(bus)

    def build() -> Work:
        loaded.append(module in sys.modules)
        return built()

    sys.modules.pop(module, None)
    component = Opening("web", build, bus, closed, module=module)
    assert (component.is_wanted, loaded) == (True, [])
    happened: list[Event] = [STATE, Hearing(0.5, "USB"), STATE]
    for event in happened:
        bus.publish(event)
    await run_until(built.ran, component)
    assert loaded == [True]
    assert built.events is not None
    assert list(built.events.waiting) == happened  # all of it, not the present only
    assert bus.subscriptions == (built.events,)
    await component.close()
    assert built.closed.is_set()


async def test_a_module_that_cannot_be_loaded_closes_the_component_only() -> None:
    bus, closed, tried = Bus(), dict[str, str](), asyncio.Event()

    def build() -> Work:
        tried.set()
        raise ImportError("no paho")

    component = Opening("mqtt", build, bus, closed, Backoff(lowest_s=60, highest_s=60), module="babycryd.not_there")
    await run_until(tried, component)
    assert closed == {"mqtt": "no paho"}
    assert bus.subscriptions == ()
    await component.close()
