"""More than the outbox holds: the oldest is dropped and counted."""

import asyncio
import json
from dataclasses import replace

import pytest

from babycryd.core.events import HealthMeasured
from tests.support.broker import Broker
from tests.support.fakes.road import Road
from tests.support.patience import until
from tests.support.publishing import ended, expect_episodes, logged, publishing, settings_for, started

pytestmark = pytest.mark.broker
HEALTH = HealthMeasured(9.0, 1.7e9, 61.0, 8.0, 99.0, 0.01, 0, "local", 0, None, "mic", None, 48.0)


async def test_what_a_full_outbox_drops_is_told(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.publisher._EVENTS_QUEUED", 4)
    with broker.subscriber() as home:
        async with (
            Road(broker.port, begins_cut=True) as road,
            publishing(replace(settings_for(broker), port=road.port, discovery=False)) as running,
        ):
            for number in range(3):
                running.bus.publish(started(number))
                running.bus.publish(ended(number))
            running.bus.publish(HEALTH)
            await logged(log, "4 messages wait for the broker; from now on the oldest are dropped")
            await until(lambda: running.publisher.dropped == 2)
            await road.mend()
            kinds = [(kind, f"e{number}") for number in (1, 2) for kind in ("new", "end")]
            assert await expect_episodes(home, 4) == kinds
            running.bus.publish(HEALTH)
            told = await asyncio.to_thread(home.expect_count, "/health", 2)
            await running.close()
    last = json.loads(told[-1])
    assert last["outbox_dropped"] == 2
    assert log.text.count("from now on the oldest are dropped") == 1
