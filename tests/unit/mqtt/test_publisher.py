"""The publisher against a real mosquitto: what the home sees."""

import asyncio
import signal
import sys

import pytest

from babycryd.core.events import LevelMeasured
from babycryd.mqtt.client import Client
from babycryd.mqtt.topics import PUBLISHED
from tests.support.broker import PASSWORD, USERNAME, Broker, Heard
from tests.support.publishing import (
    ENVIRONMENT,
    LISTENING,
    LISTENING_JSON,
    ROOT,
    ended,
    expect,
    expect_episodes,
    publishing,
    settings_for,
    started,
)

pytestmark = pytest.mark.broker


async def test_the_contract_of_topics_and_retained_flags(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(LISTENING)
            await expect(subscriber, "state", LISTENING_JSON)
            running.bus.publish(started(1))
            await expect_episodes(subscriber, 1)
            running.bus.publish(ended(1))
            assert await expect_episodes(subscriber, 2) == [("new", "e1"), ("end", "e1")]
        await expect(subscriber, "status", "stopped")
    retained = {each.topic.removeprefix("babycryd/nursery/"): each.retain for each in subscriber.heard}
    told = {topic.leaf: topic.retained for topic in PUBLISHED}
    assert retained.pop("homeassistant/device/nursery/config")
    assert retained == {leaf: told[leaf] for leaf in retained}
    lullaby = {"lullaby/state", "lullaby/track", "lullaby/title"}
    assert retained.keys() == {"status", "about", "state", "cry", "episode", "last_cry", "today", *lullaby}
    assert subscriber.payloads("/status") == ["online", "stopped"]
    assert subscriber.payloads("/cry") == ["OFF", "ON", "OFF"]
    with broker.subscriber() as newcomer:
        await expect(newcomer, "status", "stopped")
        await expect(newcomer, "cry", "OFF")
        await expect(newcomer, "state", LISTENING_JSON)
        assert newcomer.payloads("/episode") == []


async def test_a_clean_stop_while_the_baby_cries_delivers_everything_then_says_off_and_stopped(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            await expect(subscriber, "cry", "OFF")
            running.bus.publish(started(1))
            running.bus.publish(started(2))
            await running.close()
        await expect(subscriber, "status", "stopped")
    assert len(subscriber.payloads("/episode")) == 2
    assert subscriber.payloads("/cry")[-1] == "OFF"
    assert subscriber.heard[-1] == Heard("babycryd/nursery/status", "stopped", retain=True)


async def test_a_killed_publisher_is_offline_at_once(broker: Broker) -> None:
    script = (
        "import asyncio\nfrom babycryd.core.bus import Bus\nfrom babycryd.mqtt.publisher import MqttPublisher\n"
        "from babycryd.mqtt.discovery import AnnouncedDevice\n"
        "from babycryd.mqtt.settings import MqttSettings\n"
        f"settings = MqttSettings({broker.host!r}, {broker.port}, {USERNAME!r})\n"
        "async def main():\n"
        "    device = AnnouncedDevice('nursery')\n"
        f"    await MqttPublisher(settings, {PASSWORD!r}, device, Bus().subscribe('mqtt'), print).run()\n"
        "asyncio.run(main())\n"
    )
    with broker.subscriber() as subscriber:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=ROOT, env=ENVIRONMENT)
        await expect(subscriber, "status", "online")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await expect(subscriber, "status", "offline")
    assert subscriber.heard[-1].retain


async def test_a_cancelled_publisher_says_offline(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            await expect(subscriber, "status", "online")
            running.task.cancel()
            await asyncio.wait([running.task])
            assert running.task.cancelled()
            await expect(subscriber, "status", "offline")
            running.task = asyncio.create_task(running.publisher.run())  # as keep_running would, after a bug
            await expect(subscriber, "status", "online", times=2)


async def test_a_cancellation_in_the_moment_of_an_answer_is_not_lost() -> None:
    client = Client("127.0.0.1")
    answer = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(client._wait_for(answer, None))
    await asyncio.sleep(0)
    answer.set_result(1)
    waiting.cancel()  # both in one step of the loop
    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_the_level_comes_while_connected(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            await expect(subscriber, "status", "online")
            running.bus.publish(LevelMeasured(1.0, -47.0, -58.0))
            await expect(subscriber, "level", '{"dbfs":-47.0,"noise_floor_dbfs":-58.0,"score":0.0}')
    assert not next(each for each in subscriber.heard if each.topic.endswith("/level")).retain
