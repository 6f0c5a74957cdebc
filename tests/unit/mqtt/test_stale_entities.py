"""A device that gets another id, or leaves: nothing of it stays at the broker."""

import asyncio
import json
from pathlib import Path

import pytest

from babycryd.mqtt.client import PublishRefused
from babycryd.mqtt.discovery import AnnouncedDevice
from babycryd.mqtt.login import why
from babycryd.mqtt.outbox_store import OutboxStore
from babycryd.mqtt.settings import MqttSettings
from babycryd.mqtt.unpublish import StillRunning, unpublish
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.fakes.old_broker import OldBroker
from tests.support.patience import HANG_S, until
from tests.support.publishing import expect, publishing, settings_for

pytestmark = pytest.mark.broker
TOPIC = "homeassistant/device/nursery/config"


async def retained(broker: Broker) -> dict[str, str]:
    """What a newcomer is told, by topic."""
    return await asyncio.to_thread(broker.retained)


async def stay_a_moment(broker: Broker, journal: Path, device_id: str) -> None:
    home = AnnouncedDevice(device_id, "Nursery", ("brahms",))
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker), store=OutboxStore(journal), home=home) as running:
            await asyncio.to_thread(lambda: subscriber.expect(f"{device_id}/status", "online", times=1))
            await until(lambda: running.publisher.waiting == 0)


async def test_another_device_id_leaves_nothing_of_the_first(broker: Broker, tmp_path: Path) -> None:
    await stay_a_moment(broker, tmp_path / "outbox.sqlite3", "attic")
    assert any("attic" in topic for topic in await retained(broker))
    await stay_a_moment(broker, tmp_path / "outbox.sqlite3", "nursery")
    topics = await retained(broker)
    assert topics["babycryd/nursery/status"] == "stopped"
    assert [topic for topic in topics if "attic" in topic] == []


async def test_home_assistant_is_told_the_tracks_that_are_left(broker: Broker) -> None:
    home = AnnouncedDevice("nursery", tracks=("brahms", "broken"))

    async def options() -> list[str]:
        found: list[str] = json.loads((await retained(broker))[TOPIC])["components"]["track"]["options"]
        return found

    async with publishing(settings_for(broker), home=home) as running:
        with broker.subscriber() as subscriber:
            await expect(subscriber, "status", "online")
        await until(lambda: running.publisher.waiting == 0)
        assert await options() == ["Brahms", "Broken"]
        running.publisher.use_tracks(("brahms",))
        await until(lambda: running.publisher.waiting == 0)
        assert await options() == ["Brahms"]


async def test_who_takes_over_the_first_id_is_left_alone(broker: Broker, tmp_path: Path) -> None:
    journal = tmp_path / "outbox.sqlite3"
    await stay_a_moment(broker, journal, "attic")
    async with publishing(settings_for(broker), store=OutboxStore(journal), home=AnnouncedDevice("nursery")) as moved:
        with broker.subscriber() as subscriber:
            await expect(subscriber, "status", "online")
            await until(lambda: moved.publisher.waiting == 0)
        async with publishing(settings_for(broker), home=AnnouncedDevice("attic")) as newcomer:
            with broker.subscriber() as subscriber:
                await asyncio.to_thread(lambda: subscriber.expect("attic/status", "online"))
                await until(lambda: newcomer.publisher.waiting == 0)
                broker.publish("homeassistant/status", "online")  # every room announces itself again
                await expect(subscriber, "status", "online", times=2)
                await until(lambda: moved.publisher.waiting == 0)
                assert "" not in subscriber.payloads("/attic/status")


async def test_an_entity_of_an_earlier_version_is_removed_once(broker: Broker, tmp_path: Path) -> None:
    journal = tmp_path / "outbox.sqlite3"
    earlier = OutboxStore(journal)
    await earlier.restore()
    earlier.keep("components", b'{"breath":"sensor"}')
    earlier.keep("retained", b'["babycryd/nursery/breath"]')
    await earlier.close(HANG_S)
    await asyncio.to_thread(lambda: broker.publish("babycryd/nursery/breath", "12", retain=True))
    with broker.subscriber() as subscriber:
        await stay_a_moment(broker, journal, "nursery")
        announced = [json.loads(each) for each in subscriber.payloads("device/nursery/config") if each]
    assert announced[0]["components"]["breath"] == {"platform": "sensor"}  # how Home Assistant is told to remove it
    assert "babycryd/nursery/breath" not in await retained(broker)
    with broker.subscriber() as subscriber:
        await stay_a_moment(broker, journal, "nursery")
        assert "breath" not in subscriber.payloads("device/nursery/config")[-1]


async def test_unpublish_leaves_nothing(broker: Broker, tmp_path: Path) -> None:
    await stay_a_moment(broker, tmp_path / "outbox.sqlite3", "nursery")
    assert await unpublish(settings_for(broker), PASSWORD, "nursery") > 5
    assert await retained(broker) == {}


async def test_unpublish_refuses_while_the_daemon_runs(broker: Broker) -> None:
    async with publishing(settings_for(broker)) as running:
        with broker.subscriber() as subscriber:
            await expect(subscriber, "status", "online")
        await until(lambda: running.publisher.waiting == 0)
        with pytest.raises(StillRunning):
            await unpublish(settings_for(broker), PASSWORD, "nursery")
        await unpublish(settings_for(broker), PASSWORD, "nursery", force=True)
        assert await retained(broker) == {}


async def test_unpublish_names_what_it_may_not_take_back_and_takes_the_rest(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"user {USERNAME}\ntopic readwrite #\n")
    with Broker(options=[f"acl_file {acl}"]) as broker:
        await stay_a_moment(broker, tmp_path / "outbox.sqlite3", "nursery")
        acl.write_text(f"user {USERNAME}\ntopic read #\ntopic write babycryd/#\ntopic write the/end\n")
        broker.reload()
        with pytest.raises(PublishRefused) as refused:
            await unpublish(settings_for(broker), PASSWORD, "nursery")
        assert list(await retained(broker)) == ["homeassistant/device/nursery/config"]
    said = why(refused.value, settings_for(broker))
    assert said.startswith("the broker does not let us publish to homeassistant/device/nursery/config (Not authorized)")
    assert said.endswith("give user 'babycryd' the right to write there")


async def test_unpublish_speaks_to_an_old_broker() -> None:
    async with OldBroker() as old:
        assert await unpublish(MqttSettings("127.0.0.1", old.port), None, "nursery") > 5
        assert old.published.is_set()
