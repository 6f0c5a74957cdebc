"""One message of many megabytes, retained for ever, neither fills the memory nor keeps the others away."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.core.commands import SetVolume, Snooze
from babycryd.mqtt import subscriptions
from babycryd.mqtt.bounded_paho import LONGEST_PACKET
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.control_group import Cage
from tests.support.fakes.mqtt3_door import Mqtt3Door
from tests.support.fakes.old_broker import OldBroker
from tests.support.patience import until
from tests.support.publishing import (
    ENVIRONMENT,
    ROOT,
    answers,
    expect,
    expect_episodes,
    logged,
    publishing,
    settings_for,
)

pytestmark = pytest.mark.broker
VOLUME = "babycryd/nursery/volume/set"
LONG_MB = 60


async def test_a_long_message_costs_one_connection_and_its_topic_for_a_while(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "TOO_LONG_PAUSE_S", 3600.0)
    await asyncio.to_thread(lambda: broker.publish(VOLUME, bytes(1_000_000), retain=True))
    async with (
        Mqtt3Door(broker.port, "refuses") as door,
        publishing(replace(settings_for(broker), port=door.port)) as running,
    ):
        complaint = await logged(log, "no MQTT for now")
        assert f"a message of 1.0 MB on {VOLUME} was not read, and the connection was closed" in complaint
        await until(
            lambda: running.publisher.trouble == f"{VOLUME} is left out for a while: a message of 1.0 MB is on it"
        )
        await asyncio.to_thread(broker.publish, "babycryd/nursery/snooze/set", "5")
        await until(lambda: running.executed == [Snooze(5.0)])
        assert door.levels == [5, 4, 4]
        await asyncio.to_thread(lambda: broker.publish(VOLUME, b"", retain=True))
        running.publisher._receiver.subscriptions.paused[VOLUME] = 0.0  # the hour is over
        door.cut()
        await logged(log, f"messages on {VOLUME} are received again")
        await asyncio.to_thread(broker.publish, VOLUME, "40")
        await until(lambda: running.executed[-1] == SetVolume(40.0))


async def test_an_mqtt_5_broker_keeps_a_long_message_back(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    await asyncio.to_thread(lambda: broker.publish(VOLUME, bytes(LONGEST_PACKET), retain=True))
    async with publishing(settings_for(broker)) as running:
        await until(lambda: running.publisher.trouble is None)
        await asyncio.to_thread(broker.publish, "babycryd/nursery/snooze/set", "5")
        await until(lambda: running.executed == [Snooze(5.0)])
    assert "no MQTT for now" not in log.text


async def test_a_payload_that_is_too_long_for_a_command_only_is_answered(broker: Broker) -> None:
    with broker.subscriber() as home:
        async with publishing(settings_for(broker)):
            await expect(home, "status", "online")
            await asyncio.to_thread(lambda: broker.publish(VOLUME, bytes(60_000)))
            [refused] = await answers(home, 1)
    assert refused["error"] == "the payload has 60000 bytes; 2048 are the most"


async def test_messages_of_qos_2_are_not_kept_but_end_the_connection(
    broker: Broker, log: pytest.LogCaptureFixture
) -> None:
    message = b"\x34\x06\x00\x01x\x00\x01y"  # PUBLISH, MQTT 3.1.1 section 3.3; never released
    async with OldBroker(pushes=message) as old, publishing(replace(settings_for(broker), port=old.port, tls=False)):
        complaint = await logged(log, "no MQTT for now")
    assert "it sent a message of QoS 2, and our subscriptions have QoS 1" in complaint


async def test_a_room_in_little_memory_outlives_a_message_that_is_larger(broker: Broker, tmp_path: Path) -> None:
    await asyncio.to_thread(lambda: broker.publish(VOLUME, bytes(LONG_MB * 1_000_000), retain=True))
    with Cage(memory_mb=LONG_MB + 40) as cage, broker.subscriber("babycryd/nursery/#") as home:
        async with Mqtt3Door(broker.port, "refuses") as door:
            program = [sys.executable, "-m", "tests.support.publisher_program"]
            arguments = [str(door.port), USERNAME, PASSWORD, str(tmp_path / "outbox.sqlite3")]
            room = await asyncio.create_subprocess_exec(
                *cage.command, *program, *arguments,
                cwd=ROOT, env=ENVIRONMENT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert room.stdin is not None
            room.stdin.write(b"begin e1\nend e1\n")
            assert await expect_episodes(home, 2) == [("new", "e1"), ("end", "e1")]
            room.stdin.close()
            await room.wait()
    assert room.returncode == 0
