"""Brokers that come and go, daemons that die: nothing is lost, nothing stays open."""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.mqtt.outbox_store import OutboxStore
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.fakes.road import Road
from tests.support.patience import patient, until
from tests.support.publishing import (
    ENVIRONMENT,
    LISTENING,
    LISTENING_JSON,
    RETAINED_AT_START,
    ROOT,
    ended,
    expect,
    expect_episodes,
    logged,
    publishing,
    settings_for,
    started,
)

pytestmark = pytest.mark.broker


async def test_a_broker_that_appears_later_hears_what_it_missed(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    with broker.subscriber() as subscriber:
        async with (
            Road(broker.port, begins_cut=True) as road,
            publishing(replace(settings_for(broker), port=road.port)) as running,
        ):
            running.bus.publish(LISTENING)
            running.bus.publish(started(1))
            complaint = await logged(log, "no MQTT for now")
            assert "connection refused" in complaint
            assert "is the broker running" in complaint
            await road.mend()
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


async def test_events_that_waited_arrive_in_order(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    with broker.subscriber() as subscriber:
        async with (
            Road(broker.port, begins_cut=True) as road,
            publishing(replace(settings_for(broker), port=road.port)) as running,
        ):
            for number in range(3):
                running.bus.publish(started(number))
                running.bus.publish(ended(number))
            await logged(log, "no MQTT for now")
            wanted = RETAINED_AT_START + 6 + 1  # the last of `last_cry`
            await until(lambda: running.publisher.waiting == wanted)
            await road.mend()
            order = await expect_episodes(subscriber, 6)
            await running.close()
    assert order == [(kind, f"e{number}") for number in range(3) for kind in ("new", "end")]


async def test_a_daemon_killed_while_the_broker_was_away_loses_no_episode_and_leaves_none_open(tmp_path: Path) -> None:
    broker = Broker()  # not there yet
    journal = tmp_path / "outbox.sqlite3"
    room = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.publisher_program", str(broker.port), USERNAME, PASSWORD, str(journal)),
        cwd=ROOT, env=ENVIRONMENT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert room.stdin is not None
    assert room.stdout is not None
    for event in ("begin e0", "end e0", "begin e1", "end e1", "begin e2"):
        room.stdin.write(f"{event}\n".encode())
        assert await room.stdout.readline() == b"kept\n"
    room.send_signal(signal.SIGKILL)
    await room.wait()
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
    monkeypatch.setattr("babycryd.mqtt.publisher._OFFLINE_LIMIT_S", 0.3)
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
        async with patient():
            while "babycryd/nursery/cry" in (retained := await asyncio.to_thread(broker.retained)):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert retained["babycryd/nursery/status"] == "offline"
