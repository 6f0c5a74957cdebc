"""Connections that fail: named, survived, never in the way."""

import asyncio
import gc
import logging
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from babycryd.mqtt.preflight import preflight
from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import USERNAME, Broker
from tests.support.fakes.old_broker import OldBroker
from tests.support.patience import Stopwatch, patient, until
from tests.support.ports import free_port
from tests.support.publishing import (
    ENVIRONMENT,
    ROOT,
    expect,
    expect_episodes,
    logged,
    publishing,
    settings_for,
    started,
)

pytestmark = pytest.mark.broker


async def longest_stall_s(for_s: float) -> float:
    """The longest time that the loop left a 10 ms sleeper waiting, in own seconds."""
    loop = asyncio.get_running_loop()
    longest_s, end_s = 0.0, loop.time() + for_s
    while loop.time() < end_s:
        stopwatch = Stopwatch()
        await asyncio.sleep(0.01)
        longest_s = max(longest_s, stopwatch.elapsed_s())
    return longest_s


async def test_a_wrong_password_is_named_once_and_tried_again(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.connection.REFUSED_PAUSE_S", 1.5)
    async with publishing(settings_for(broker), password="not this one"):  # noqa: S106 - wrong on purpose
        complaint = await logged(log, "refused user 'babycryd'")
        assert "mqtt.password_file" in complaint
        await until(lambda: broker.log.read_text().count("not authorised") >= 2)
    assert sum("refused user" in message for message in log.messages) == 1
    assert "not this one" not in log.text


async def test_an_unknown_host_is_named(log: pytest.LogCaptureFixture) -> None:
    async with publishing(MqttSettings("nobody.invalid")):
        assert "the name 'nobody.invalid' is unknown" in await logged(log, "no MQTT for now")


async def test_tls_with_the_right_authority(log: pytest.LogCaptureFixture) -> None:
    with Broker(tls=True) as broker, broker.subscriber() as subscriber:
        async with publishing(settings_for(broker, tls=True)):
            await expect(subscriber, "status", "online")
        await expect(subscriber, "status", "stopped")
        assert subscriber.payloads("/status") == ["online", "stopped"]


async def test_tls_troubles_are_told_apart(log: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with Broker(tls=True) as broker:
        untrusted = MqttSettings(broker.host, broker.port, USERNAME, tls=True)
        async with publishing(untrusted):
            assert "check mqtt.ca_file" in await logged(log, "is not trusted")
        missing = MqttSettings(broker.host, broker.port, USERNAME, tls=True, ca_file=tmp_path / "gone.pem")
        async with publishing(missing):
            assert "gone.pem" in await logged(log, "cannot read mqtt.ca_file")
        plain = MqttSettings(broker.host, broker.port, USERNAME, timeout_s=0.5)
        async with publishing(plain):
            assert "mqtt.tls" in await logged(log, "did not answer")


async def test_plain_port_spoken_to_in_tls(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    async with publishing(MqttSettings(broker.host, broker.port, USERNAME, tls=True)):
        assert "8883" in await logged(log, "no TLS with")


@pytest.mark.usefixtures("shipped_limits")
async def test_a_frozen_broker_neither_blocks_the_loop_nor_the_end(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker, timeout_s=10.0)) as running:
            await expect(subscriber, "status", "online")
            broker.freeze()
            running.bus.publish(started(1))
            longest_s = await longest_stall_s(1.0)
            began_s = time.monotonic()
            took_s = await running.close()
            waited_s = time.monotonic() - began_s
            broker.thaw()
    assert longest_s < 0.9  # what the broker blocks stands for seconds
    assert took_s < 5
    assert waited_s > 0.9


@pytest.mark.usefixtures("shipped_limits")
async def test_an_end_while_a_frozen_broker_is_being_connected_to(broker: Broker) -> None:
    broker.freeze()
    async with publishing(settings_for(broker, timeout_s=10.0)) as running:
        await asyncio.sleep(0.3)
        assert await running.close() < 5
    broker.thaw()


async def test_a_process_can_exit_while_a_tls_handshake_hangs() -> None:
    with Broker(tls=True) as broker:
        broker.freeze()
        script = (
            "import asyncio, time\nfrom pathlib import Path\nfrom babycryd.core.bus import Bus\n"
            "from babycryd.mqtt.publisher import MqttPublisher\n"
            "from babycryd.mqtt.discovery import AnnouncedDevice\nfrom babycryd.mqtt.settings import MqttSettings\n"
            f"mqtt = MqttSettings('localhost', {broker.port}, tls=True, ca_file=Path({str(broker.ca_file)!r}))\n"
            "async def main():\n"
            "    publisher = MqttPublisher(mqtt, None, AnnouncedDevice('nursery'), Bus().subscribe('mqtt'), print)\n"
            "    running = asyncio.create_task(publisher.run())\n"
            "    await asyncio.sleep(0.5)\n    print('closing', flush=True)\n    await publisher.close()\n"
            "    await running\n"
            "asyncio.run(main())\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, cwd=ROOT, env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"closing\n"
        async with patient(2.0):
            assert await process.wait() == 0


async def test_a_frozen_broker_is_left_and_found_again(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[MqttSettings] = []

    async def noted(mqtt: MqttSettings) -> ssl.SSLContext | None:
        attempts.append(mqtt)
        return await preflight(mqtt)

    monkeypatch.setattr("babycryd.mqtt.connection.preflight", noted)
    gc.collect()  # what other tests have left behind
    log.clear()
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker, timeout_s=1.0)) as running:
            await expect(subscriber, "status", "online")
            broker.freeze()
            before = len(attempts)
            running.bus.publish(started(1))
            await logged(log, "did not answer")
            # Some attempts run into the ice; none may come back to life when it melts
            await until(lambda: len(attempts) >= before + 2)
            broker.thaw()
            await expect(subscriber, "status", "online", times=2)
            assert ("new", "e1") in await expect_episodes(subscriber, 1)
            await until(lambda: log.messages[-1].startswith("connected"))
    gc.collect()  # asyncio reports an unread error when its future is collected
    assert [record.getMessage() for record in log.records if record.levelno >= logging.ERROR] == []


@pytest.mark.usefixtures("shipped_limits")
async def test_without_any_broker_the_end_is_immediate() -> None:
    async with publishing(MqttSettings("127.0.0.1", free_port())) as running:
        await asyncio.sleep(0.2)
        assert await running.close() < 0.9


async def test_a_broker_that_knows_only_mqtt_3_is_spoken_to_in_mqtt_3() -> None:
    async with OldBroker() as old, publishing(MqttSettings("127.0.0.1", old.port)):
        async with patient():
            await old.published.wait()
        assert old.levels == [5, 4]


def test_nothing_but_the_client_itself_imports_paho() -> None:
    script = (
        "import sys, babycryd.mqtt.settings, babycryd.mqtt.message, babycryd.mqtt.outbox\n"
        "sys.exit('paho' in sys.modules or 'aiomqtt' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0
