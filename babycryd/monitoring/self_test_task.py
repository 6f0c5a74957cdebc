"""Task that runs the self-test at the start and every few hours, in quiet."""

import asyncio

from babycryd.core.bus import Bus, Subscription
from babycryd.monitoring.self_test import SelfTest
from babycryd.monitoring.self_test_schedule import SelfTestSchedule, SelfTestSettings


class SelfTestTask:
    """Task that runs the self-test when its schedule says so; an optional task, `run`."""

    def __init__(self, test: SelfTest, settings: SelfTestSettings, subscription: Subscription, bus: Bus) -> None:
        self._test = test
        self._settings = settings
        self._events = subscription
        self._bus = bus

    async def run(self) -> None:
        """Follow the events and run each test that is due, until cancelled."""
        now = asyncio.get_running_loop().time
        schedule = SelfTestSchedule(self._settings, now())
        async for event in self._events:
            schedule.note(event, now())
            if len(self._events):  # the schedule needs all waiting events first
                continue
            match schedule.due(now()):
                case "speaker":
                    tested = await self._test.probe(self._settings.loudest_dbfs)
                case "signal":
                    tested = self._test.check_signal("it has not been quiet for long enough")
                case None:
                    continue
            self._bus.publish(tested)
            schedule.done(now(), tested)
