"""Brokers that come and go, daemons that die: nothing is lost, nothing stays open."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from babycryd.mqtt.outbox_store import OutboxStore
from tests.support.broker import Broker
from tests.support.patience import until
from tests.support.publishing import (
    ENVIRONMENT,
    LISTENING,
    LISTENING_JSON,
    RETAINED_AT_START,
    ended,
    expect,
    expect_episodes,
    logged,
    publishing,
    settings_for,
    started,
)

pytestmark = pytest.mark.broker


NIGHT = """
import asyncio, sys
from pathlib import Path
from babycryd.core.bus import Bus
from babycryd.core.events import CryEnded, CryStarted
from babycryd.mqtt.outbox_store import OutboxStore
from babycryd.mqtt.discovery import AnnouncedDevice
from babycryd.mqtt.publisher import MqttPublisher
from babycryd.mqtt.settings import MqttSettings

async def main():
    bus = Bus()
    settings = MqttSettings("127.0.0.1", int(sys.argv[1]), "babycryd", timeout_s=1.0)
    store = OutboxStore(Path(sys.argv[2]))
    running = asyncio.create_task(
        MqttPublisher(settings, "correct horse", AnnouncedDevice("nursery"), bus.subscribe("mqtt"), print, store).run()
    )
    for number in range(3):
        bus.publish(CryStarted(float(number), 1.7e9 + number, f"e{number}", 0.9))
        if number < 2:
            bus.publish(CryEnded(number + 0.5, f"e{number}", 1.7e9 + number, 0.5, 0.9, 0.4, "calm"))
    await asyncio.sleep(1.5)
    print("said", flush=True)
    await running

asyncio.run(main())
"""


async def test_a_broker_that_appears_later_hears_what_it_missed(log: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    async with publishing(settings_for(broker)) as running:
        running.bus.publish(LISTENING)
        running.bus.publish(started(1))
        complaint = await logged(log, "no MQTT for now")
        assert "connection refused" in complaint
        assert "is the broker running" in complaint
        with broker, broker.subscriber() as subscriber:
            assert await expect_episodes(subscriber, 1) == [("new", "e1")]
            await expect(subscriber, "state", LISTENING_JSON)
            await expect(subscriber, "cry", "ON")
            await running.close()
    assert sum("no MQTT" in message for message in log.messages) == 1


async def test_a_restarted_broker_gets_everything_back_in_order(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(LISTENING)
            running.bus.publish(started(1))
            await expect_episodes(subscriber, 1)
            await asyncio.to_thread(broker.stop)
            assert "was lost" in await logged(log, "no MQTT for now")
            for event in (ended(1), started(2), ended(2)):
                running.bus.publish(event)
            await asyncio.to_thread(broker.start)
            with broker.subscriber() as newcomer:
                await expect(newcomer, "status", "online")
                await expect(newcomer, "state", LISTENING_JSON)
                await expect(newcomer, "cry", "OFF")
                await logged(log, "connected")
                # The subscriber may have come back after the events: what counts is that the broker took them all.
                await until(lambda: running.publisher.waiting == 0)
    assert running.publisher.dropped == 0


async def test_events_that_waited_arrive_in_order(log: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    async with publishing(settings_for(broker)) as running:
        for number in range(3):
            running.bus.publish(started(number))
            running.bus.publish(ended(number))
        await logged(log, "no MQTT for now")
        assert running.publisher.waiting == RETAINED_AT_START + 6 + 1  # the last of `last_cry`
        with broker, broker.subscriber() as subscriber:
            order = await expect_episodes(subscriber, 6)
            await running.close()
    assert order == [(kind, f"e{number}") for number in range(3) for kind in ("new", "end")]


async def test_a_daemon_killed_while_the_broker_was_away_loses_no_episode_and_leaves_none_open(tmp_path: Path) -> None:
    broker = Broker()  # not there yet
    journal = tmp_path / "outbox.sqlite3"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", NIGHT, str(broker.port), str(journal), env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"said\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    with broker, broker.subscriber() as subscriber:
        async with publishing(settings_for(broker), store=OutboxStore(journal)) as running:
            order = await expect_episodes(subscriber, 6)
            await until(lambda: running.publisher.waiting == 0)
        told = [json.loads(payload) for payload in subscriber.payloads("/episode")]
    assert order == [(kind, f"e{number}") for number in range(3) for kind in ("new", "end")]
    assert all(one["delayed"] for one in told)
    assert [one["reason"] for one in told if one["type"] == "end"] == ["calm", "calm", "interrupted"]
    with Broker() as another, another.subscriber() as subscriber:
        async with publishing(settings_for(another), store=OutboxStore(journal)):
            await expect(subscriber, "status", "online")
        assert subscriber.payloads("/episode") == []


async def test_a_retained_cry_without_heartbeats_expires_at_the_broker(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.event_encoder.CRY_EXPIRES_S", 1)
    monkeypatch.setattr("babycryd.mqtt.publisher.HEARTBEAT_S", 0.2)
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(started(1))
            # It outlives its expiry
            await asyncio.to_thread(lambda: subscriber.expect("/cry", "ON", times=10))
            broker.freeze()  # the last heartbeat has been said
            running.task.cancel()
            await asyncio.wait([running.task])
            running.task = asyncio.create_task(asyncio.sleep(0))  # it has ended; nothing is left to close
            broker.thaw()
        await asyncio.sleep(2.5)
        with broker.subscriber() as newcomer:
            await expect(newcomer, "status", "offline")
            assert newcomer.payloads("/cry") == []
