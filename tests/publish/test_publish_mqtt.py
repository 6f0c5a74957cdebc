"""The publisher against a real mosquitto: what the home sees in good times and bad."""

import asyncio
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from babycryd.bus import Bus
from babycryd.events import CryEnded, CryStarted, LevelMeasured, StateChanged
from babycryd.orders import Answer, Feedback, Order, OrderError
from babycryd.publish.journal import Scribe
from babycryd.publish.mqtt import MqttPublisher
from babycryd.publish.settings import MqttSettings
from tests.broker import PASSWORD, USERNAME, Broker, Heard, Listener, free_port
from tests.fakes.old_broker import OldBroker

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
LISTENING = StateChanged(1.0, "listening", 1_700_000_000.0)
LISTENING_JSON = '{"state":"listening","since":"2023-11-14T22:13:20.000+00:00","reason":null}'


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "babycryd")
    return caplog


def started(number: int) -> CryStarted:
    return CryStarted(float(number), 1_700_000_000.0 + number, f"e{number}", 0.9)


def ended(number: int) -> CryEnded:
    return CryEnded(number + 0.5, f"e{number}", 1_700_000_000.0 + number, 0.5, 0.9, 0.4, "calm")


def settings_for(broker: Broker, *, tls: bool = False, timeout_s: float = 1.0) -> MqttSettings:
    ca_file = broker.ca_file if tls else None
    return MqttSettings(broker.host, broker.port, USERNAME, tls=tls, ca_file=ca_file, timeout_s=timeout_s)


class Running:
    """A publisher at work, and the bus that it follows."""

    def __init__(self, mqtt: MqttSettings, password: str, scribe: Scribe | None) -> None:
        self.bus = Bus()
        self.publisher = MqttPublisher(mqtt, password, "nursery", self.bus.subscribe("mqtt"), self.obey, scribe)
        self.obeyed: list[Order] = []
        self.task = asyncio.create_task(self.publisher.run())

    async def obey(self, order: Order) -> Answer:
        """As the feedback room does, which knows one episode."""
        if order.episode not in (None, "e1"):
            raise OrderError(f"no episode {order.episode!r}")
        self.obeyed.append(order)
        return {"episode": "e1", "cry": order.cry}

    async def close(self) -> float:
        """Returns how long it took, in seconds."""
        started_s = time.monotonic()
        await self.publisher.close()
        await self.task
        return time.monotonic() - started_s


@asynccontextmanager
async def publishing(
    mqtt: MqttSettings, password: str = PASSWORD, scribe: Scribe | None = None
) -> AsyncIterator[Running]:
    running = Running(mqtt, password, scribe)
    try:
        yield running
    finally:
        await running.close()


async def expect(listener: Listener, topic: str, payload: str, times: int = 1) -> None:
    await asyncio.to_thread(lambda: listener.expect(f"babycryd/nursery/{topic}", payload, times=times))


async def expect_episodes(listener: Listener, count: int) -> list[tuple[str, str]]:
    """(type, id) of the episode messages, once so many were heard."""
    payloads = await asyncio.to_thread(listener.expect_count, "/episode", count)
    return [(each["type"], each["id"]) for each in map(json.loads, payloads)]


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if happened():
                return
            await asyncio.sleep(0.01)


async def logged(log: pytest.LogCaptureFixture, part: str) -> str:
    """The first log line with `part` in it, waiting for it."""
    await until(lambda: part in log.text)
    return next(message for message in log.messages if part in message)


async def test_the_contract_of_topics_and_retained_flags(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(LISTENING)
            await expect(listener, "state", LISTENING_JSON)
            running.bus.publish(started(1))
            await expect_episodes(listener, 1)
            running.bus.publish(ended(1))
            assert await expect_episodes(listener, 2) == [("new", "e1"), ("end", "e1")]
        await expect(listener, "status", "stopped")
    retained = {each.topic.removeprefix("babycryd/nursery/"): each.retain for each in listener.heard}
    assert retained == {"status": True, "state": True, "cry": True, "episode": False}
    assert listener.payloads("/status") == ["online", "stopped"]
    assert listener.payloads("/cry") == ["OFF", "ON", "OFF"]
    with broker.listener() as newcomer:
        await expect(newcomer, "status", "stopped")
        await expect(newcomer, "cry", "OFF")
        await expect(newcomer, "state", LISTENING_JSON)
        assert newcomer.payloads("/episode") == []


async def test_a_clean_stop_while_the_baby_cries_delivers_everything_then_says_off_and_stopped(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            await expect(listener, "cry", "OFF")
            running.bus.publish(started(1))
            running.bus.publish(started(2))
            assert await running.close() < 0.5
        await expect(listener, "status", "stopped")
    assert len(listener.payloads("/episode")) == 2
    assert listener.payloads("/cry")[-1] == "OFF"
    assert listener.heard[-1] == Heard("babycryd/nursery/status", "stopped", retain=True)


async def test_a_killed_publisher_is_offline_at_once(broker: Broker) -> None:
    script = (
        "import asyncio\nfrom babycryd.bus import Bus\nfrom babycryd.publish.mqtt import MqttPublisher\n"
        "from babycryd.publish.settings import MqttSettings\n"
        f"settings = MqttSettings({broker.host!r}, {broker.port}, {USERNAME!r})\n"
        "async def main():\n"
        f"    await MqttPublisher(settings, {PASSWORD!r}, 'nursery', Bus().subscribe('mqtt'), print).run()\n"
        "asyncio.run(main())\n"
    )
    with broker.listener() as listener:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT, env=ENVIRONMENT)
        await expect(listener, "status", "online")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await expect(listener, "status", "offline")
    assert listener.heard[-1].retain


async def test_a_cancelled_publisher_says_offline(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            await expect(listener, "status", "online")
            running.task.cancel()
            await asyncio.wait([running.task])
            assert running.task.cancelled()
            await expect(listener, "status", "offline")
            running.task = asyncio.create_task(running.publisher.run())  # as keep_running would, after a bug
            await expect(listener, "status", "online", times=2)


async def test_a_broker_that_appears_later_hears_what_it_missed(log: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    async with publishing(settings_for(broker)) as running:
        running.bus.publish(LISTENING)
        running.bus.publish(started(1))
        complaint = await logged(log, "no MQTT for now")
        assert "connection refused" in complaint
        assert "is the broker running" in complaint
        with broker, broker.listener() as listener:
            assert await expect_episodes(listener, 1) == [("new", "e1")]
            await expect(listener, "state", LISTENING_JSON)
            await expect(listener, "cry", "ON")
            await running.close()
    assert sum("no MQTT" in message for message in log.messages) == 1


async def test_a_restarted_broker_gets_everything_back_in_order(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(LISTENING)
            running.bus.publish(started(1))
            await expect_episodes(listener, 1)
            await asyncio.to_thread(broker.stop)
            assert "was lost" in await logged(log, "no MQTT for now")
            for event in (ended(1), started(2), ended(2)):
                running.bus.publish(event)
            await asyncio.to_thread(broker.start)
            with broker.listener() as newcomer:
                await expect(newcomer, "status", "online")
                await expect(newcomer, "state", LISTENING_JSON)
                await expect(newcomer, "cry", "OFF")
                await logged(log, "connected")
                # The listener may have come back after the events: what counts is that the broker took them all.
                await until(lambda: running.publisher.waiting == 0)
    assert running.publisher.dropped == 0


async def test_events_that_waited_arrive_in_order(log: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    async with publishing(settings_for(broker)) as running:
        for number in range(3):
            running.bus.publish(started(number))
            running.bus.publish(ended(number))
        await logged(log, "no MQTT for now")
        assert running.publisher.waiting == 2 + 6
        with broker, broker.listener() as listener:
            order = await expect_episodes(listener, 6)
            await running.close()
    assert order == [(kind, f"e{number}") for number in range(3) for kind in ("new", "end")]


async def test_a_wrong_password_is_named_once_and_tried_again(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    async with publishing(settings_for(broker), password="not this one"):  # noqa: S106 - wrong on purpose
        complaint = await logged(log, "refused user 'babycryd'")
        assert "mqtt.password_file" in complaint
        await until(lambda: broker.log.read_text().count("not authorised") >= 2)
    assert sum("refused user" in message for message in log.messages) == 1
    assert "not this one" not in log.text


async def test_an_unknown_host_is_named(log: pytest.LogCaptureFixture) -> None:
    async with publishing(MqttSettings("nobody.invalid")):
        assert "nobody knows the name 'nobody.invalid'" in await logged(log, "no MQTT for now")


async def test_tls_with_the_right_authority(log: pytest.LogCaptureFixture) -> None:
    with Broker(tls=True) as broker, broker.listener() as listener:
        async with publishing(settings_for(broker, tls=True)):
            await expect(listener, "status", "online")
        await expect(listener, "status", "stopped")
        assert listener.payloads("/status") == ["online", "stopped"]


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


async def test_a_frozen_broker_neither_blocks_the_loop_nor_the_end(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker, timeout_s=10.0)) as running:
            await expect(listener, "status", "online")
            broker.freeze()
            running.bus.publish(started(1))
            longest_s = await longest_stall_s(1.0)
            took_s = await running.close()
            broker.thaw()
    assert longest_s < 0.2
    assert 0.9 < took_s < 1.5


async def test_an_end_while_a_frozen_broker_is_being_connected_to(broker: Broker) -> None:
    broker.freeze()
    async with publishing(settings_for(broker, timeout_s=10.0)) as running:
        await asyncio.sleep(0.3)
        assert await running.close() < 1.5
    broker.thaw()


async def test_a_process_can_exit_while_a_tls_handshake_hangs() -> None:
    with Broker(tls=True) as broker:
        broker.freeze()
        script = (
            "import asyncio, time\nfrom pathlib import Path\nfrom babycryd.bus import Bus\n"
            "from babycryd.publish.mqtt import MqttPublisher\nfrom babycryd.publish.settings import MqttSettings\n"
            f"mqtt = MqttSettings('localhost', {broker.port}, tls=True, ca_file=Path({str(broker.ca_file)!r}))\n"
            "async def main():\n"
            "    publisher = MqttPublisher(mqtt, None, 'nursery', Bus().subscribe('mqtt'), print)\n"
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
        async with asyncio.timeout(2.0):
            assert await process.wait() == 0


async def test_a_frozen_broker_is_left_and_found_again(broker: Broker, log: pytest.LogCaptureFixture) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker, timeout_s=0.5)) as running:
            await expect(listener, "status", "online")
            broker.freeze()
            running.bus.publish(started(1))
            await logged(log, "did not answer")
            await asyncio.sleep(1.5)  # some attempts run into the ice; none may come back to life when it melts
            broker.thaw()
            await expect(listener, "status", "online", times=2)
            assert ("new", "e1") in await expect_episodes(listener, 1)
            await asyncio.sleep(0.5)
            assert log.messages[-1].startswith("connected")
    gc.collect()  # asyncio reports an unread error when its future is collected
    assert [record.getMessage() for record in log.records if record.levelno >= logging.ERROR] == []


async def test_without_any_broker_the_end_is_immediate() -> None:
    async with publishing(MqttSettings("127.0.0.1", free_port())) as running:
        await asyncio.sleep(0.2)
        assert await running.close() < 0.2


async def test_a_broker_that_knows_only_mqtt_3_is_spoken_to_in_mqtt_3() -> None:
    async with OldBroker() as old, publishing(MqttSettings("127.0.0.1", old.port)):
        async with asyncio.timeout(5):
            await old.published.wait()
        assert old.levels == [5, 4]


def test_nothing_but_the_client_itself_imports_paho() -> None:
    script = (
        "import sys, babycryd.publish.settings, babycryd.publish.messages, babycryd.publish.outbox\n"
        "sys.exit('paho' in sys.modules or 'aiomqtt' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=ENVIRONMENT, check=False).returncode == 0


async def longest_stall_s(for_s: float) -> float:
    """The longest time that the loop left a 10 ms sleeper waiting."""
    loop = asyncio.get_running_loop()
    longest_s, end_s = 0.0, loop.time() + for_s
    while (before_s := loop.time()) < end_s:
        await asyncio.sleep(0.01)
        longest_s = max(longest_s, loop.time() - before_s)
    return longest_s


async def ask(broker: Broker, payload: str, *, retain: bool = False) -> None:
    await asyncio.to_thread(lambda: broker.publish("babycryd/nursery/feedback/set", payload, retain=retain))


async def answers(listener: Listener, count: int) -> list[dict[str, Any]]:
    payloads = await asyncio.to_thread(listener.expect_count, "command/response", count)
    return [json.loads(payload) for payload in payloads]


async def test_a_command_is_obeyed_and_answered_with_its_transaction(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            await expect(listener, "status", "online")
            await ask(broker, '{"cry": false, "transaction": "t1"}')
            await ask(broker, '{"cry": true, "episode": "e7", "transaction": "t2"}')
            await ask(broker, "perhaps")
            done, unknown, malformed = await answers(listener, 3)
            assert running.obeyed == [Feedback(cry=False)]
    assert done == {"command": "feedback", "transaction": "t1", "ok": True, "episode": "e1", "cry": False}
    assert unknown == {"command": "feedback", "transaction": "t2", "ok": False, "error": "no episode 'e7'"}
    assert (malformed["ok"], malformed["transaction"]) == (False, None)
    assert "got 'perhaps'" in malformed["error"]


async def test_a_command_retained_by_mistake_changes_nothing_now_or_later(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            await expect(listener, "status", "online")
            await ask(broker, "true", retain=True)
            [refused] = await answers(listener, 1)
            broker.restart()
            await expect(listener, "status", "online", times=2)
            await ask(broker, "true", retain=True)
            await answers(listener, 2)
            assert running.obeyed == []
        async with publishing(settings_for(broker)) as again:
            await answers(listener, 3)
            assert again.obeyed == []
    assert "without retain" in refused["error"]


async def test_an_old_broker_is_listened_to_as_well() -> None:
    async with OldBroker() as old, publishing(MqttSettings("127.0.0.1", old.port, timeout_s=1.0)):
        async with asyncio.timeout(5):
            await old.subscribed.wait()
        assert old.levels[-1] == 4


NIGHT = """
import asyncio, sys
from pathlib import Path
from babycryd.bus import Bus
from babycryd.events import CryEnded, CryStarted
from babycryd.publish.journal import Scribe
from babycryd.publish.mqtt import MqttPublisher
from babycryd.publish.settings import MqttSettings

async def main():
    bus = Bus()
    settings = MqttSettings("127.0.0.1", int(sys.argv[1]), "babycryd", timeout_s=1.0)
    scribe = Scribe(Path(sys.argv[2]))
    running = asyncio.create_task(
        MqttPublisher(settings, "correct horse", "nursery", bus.subscribe("mqtt"), print, scribe).run()
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
    with broker, broker.listener() as listener:
        async with publishing(settings_for(broker), scribe=Scribe(journal)) as running:
            order = await expect_episodes(listener, 6)
            await until(lambda: running.publisher.waiting == 0)
        told = [json.loads(payload) for payload in listener.payloads("/episode")]
    assert order == [(kind, f"e{number}") for number in range(3) for kind in ("new", "end")]
    assert all(one["delayed"] for one in told)
    assert [one["reason"] for one in told if one["type"] == "end"] == ["calm", "calm", "interrupted"]
    with Broker() as another, another.listener() as listener:
        async with publishing(settings_for(another), scribe=Scribe(journal)):
            await expect(listener, "status", "online")
        assert listener.payloads("/episode") == []


async def test_a_cry_that_nobody_repeats_is_forgotten_by_the_broker(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.publish.messages.CRY_EXPIRES_S", 1)
    monkeypatch.setattr("babycryd.publish.mqtt.HEARTBEAT_S", 0.2)
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(started(1))
            await asyncio.to_thread(lambda: listener.expect("/cry", "ON", times=10, within_s=10))  # outlives its expiry
            broker.freeze()  # the last heartbeat has been said
            running.task.cancel()
            await asyncio.wait([running.task])
            running.task = asyncio.create_task(asyncio.sleep(0))  # it has ended; nothing is left to close
            broker.thaw()
        await asyncio.sleep(2.5)
        with broker.listener() as newcomer:
            await expect(newcomer, "status", "offline")
            assert newcomer.payloads("/cry") == []


async def test_the_level_comes_while_connected(broker: Broker) -> None:
    with broker.listener() as listener:
        async with publishing(settings_for(broker)) as running:
            await expect(listener, "status", "online")
            running.bus.publish(LevelMeasured(1.0, -47.0, -58.0))
            await expect(listener, "level", '{"dbfs":-47.0,"noise_floor_dbfs":-58.0,"score":0.0}')
    assert not next(each for each in listener.heard if each.topic.endswith("/level")).retain
