"""Rooms are found at a real broker: fifty of them, hostile ones, with few rights, and after it was away."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from babycryd.core.home_rooms import HomeRoom
from babycryd.mqtt.room_finder import RoomFinder
from babycryd.mqtt.settings import MqttSettings
from babycryd.overview.found_room import LEAVES
from babycryd.overview.table import RoomTable
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.home_rooms import NOW, room, topics
from tests.support.mqtt_client import leave
from tests.support.patience import until

pytestmark = pytest.mark.broker
ROOMS = 10_000 if os.environ.get("BABYCRYD_SLOW") == "1" else 1500  # a broker takes a second for a thousand
ACL = Path("config/mosquitto/acl").read_text()


@asynccontextmanager
async def finding(broker: Broker, table: RoomTable, *known: str, **more: str) -> AsyncIterator[RoomFinder]:
    settings = MqttSettings(**({"host": broker.host, "port": broker.port, "username": USERNAME} | more))  # type: ignore[arg-type]
    finder = RoomFinder(settings, lambda: PASSWORD, "babycryd-own-rooms", LEAVES, table, known)
    task = asyncio.create_task(finder.run())
    try:
        yield finder
    finally:
        task.cancel()
        await asyncio.wait([task])


def retain(broker: Broker, *rooms: tuple[str, dict[str, bytes]], base: str = "babycryd") -> None:
    """As the rooms' daemons would."""
    client = broker.client().paho("")
    client.connect(broker.host, broker.port)
    client.loop_start()
    sent = [
        client.publish(topic, payload, qos=1, retain=True)
        for device, payloads in rooms
        for topic, payload in topics(device, payloads, base)
    ]
    for each in sent:
        each.wait_for_publish(60)
    leave(client)


def states(table: RoomTable) -> dict[str, str]:
    shown = table.shown(asyncio.get_running_loop().time(), NOW.timestamp())
    return {device: each.state for device, each in shown.items()}


def some(table: RoomTable, state: str) -> Callable[[], int]:
    return lambda: list(states(table).values()).count(state)


async def test_fifty_rooms_are_found_with_all_that_they_tell(broker: Broker) -> None:
    every = [(f"room-{number:02}", room(f"Room {number}")) for number in range(50)]
    await asyncio.to_thread(retain, broker, *every)
    table = RoomTable(200, "own")
    async with finding(broker, table) as finder:
        await until(lambda: some(table, "listening")() == 50)

        def shown() -> list[HomeRoom]:
            return list(table.shown(asyncio.get_running_loop().time(), NOW.timestamp()).values())

        # The messages of a room come one after the other
        await until(lambda: all(each.name != each.id and each.last_cry and each.page for each in shown()))
        assert {each.name for each in shown()} == {f"Room {number}" for number in range(50)}
        await asyncio.to_thread(retain, broker, ("room-07", room("Room 7", state="crying")))
        await until(lambda: states(table)["room-07"] == "crying")
        await asyncio.to_thread(broker.publish, "babycryd/room-08/status", "offline", retain=True)
        await until(lambda: states(table)["room-08"] == "gone")
        assert finder.trouble is None


async def test_a_room_that_begins_later_is_found(broker: Broker) -> None:
    table = RoomTable(200, "own")
    async with finding(broker, table) as finder:
        await until(lambda: finder.connected_s)
        await asyncio.to_thread(retain, broker, ("late", room("Late")))
        await until(lambda: states(table) == {"late": "listening"})


async def test_of_thousands_of_rooms_those_listed_and_as_many_as_fit_are_read(broker: Broker) -> None:
    await asyncio.to_thread(retain, broker, *((f"x{number}", {"status": b"online"}) for number in range(ROOMS)))
    await asyncio.to_thread(retain, broker, ("mine", room("<img src=x onerror=alert(1)>")))
    table = RoomTable(200, "own", ["mine"])
    async with finding(broker, table, "mine"):
        await until(lambda: table.more > 200 and states(table).get("mine") == "listening", 120.0)
        assert len(states(table)) <= 200


async def test_a_broker_that_is_away_is_told_and_what_it_said_is_not_believed(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.mqtt.room_finder._LONGEST_PAUSE_S", 0.5)
    await asyncio.to_thread(retain, broker, ("twins", room("Twins")))
    table = RoomTable(200, "own")
    async with finding(broker, table) as finder:
        await until(lambda: states(table) == {"twins": "listening"})
        await asyncio.to_thread(broker.kill)
        await until(lambda: finder.trouble)
        assert (states(table), finder.connected_s) == ({"twins": "unknown"}, None)
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(retain, broker, ("twins", room("Twins")))
        await until(lambda: states(table) == {"twins": "listening"})
        assert finder.trouble is None
    assert any("the rooms are not found for now" in each for each in log.messages)


async def test_a_room_that_floods_is_left_out_and_the_others_go_on(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await asyncio.to_thread(retain, broker, ("calm", room("Calm")), ("wild", room("Wild")))
    table = RoomTable(200, "own")
    async with finding(broker, table):
        await until(lambda: some(table, "listening")() == 2)
        while states(table)["wild"] == "listening":
            await asyncio.to_thread(broker.client().flood, "babycryd/wild/cry", "OFF", times=200)
        await asyncio.to_thread(retain, broker, ("calm", room("Calm", state="crying")))
        await until(lambda: states(table) == {"calm": "crying", "wild": "unknown"})


async def test_a_flood_on_a_status_ends_the_finding_of_new_rooms_only(broker: Broker) -> None:
    await asyncio.to_thread(retain, broker, ("calm", room("Calm")), ("wild", room("Wild")))
    table = RoomTable(200, "own")
    async with finding(broker, table) as finder:
        await until(lambda: some(table, "listening")() == 2)
        while finder.trouble is None:
            await asyncio.to_thread(broker.client().flood, "babycryd/wild/status", "online", times=200)
        await asyncio.to_thread(broker.publish, "babycryd/calm/status", "offline", retain=True)
        await until(lambda: states(table)["calm"] == "gone")


async def test_a_message_of_megabytes_costs_its_room_and_no_other(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In MQTT 3.1.1, in which a client cannot tell the broker what it takes."""
    monkeypatch.setattr("babycryd.mqtt.room_finder.visit", _in_311(monkeypatch))
    long = room("Long") | {"state": b"x" * 2_000_000}
    await asyncio.to_thread(retain, broker, ("calm", room("Calm")), ("long", long))
    table = RoomTable(200, "own")
    async with finding(broker, table):
        await until(lambda: states(table) == {"calm": "listening", "long": "unknown"}, 120.0)


def _in_311(monkeypatch: pytest.MonkeyPatch) -> object:
    from functools import partial

    from babycryd.mqtt import login

    monkeypatch.setattr(login, "log_in", partial(login.log_in, newer=False))
    return login.visit


async def test_a_user_without_the_right_finds_nothing_and_one_with_it_may_only_read(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text(ACL + f"\nuser {USERNAME}\ntopic readwrite babycryd/#\n")
    with Broker(options=[f"acl_file {acl}"]) as broker:
        for name in ("dashboard", "nursery"):
            broker.add_user(name, PASSWORD)
        broker.restart()
        await asyncio.to_thread(retain, broker, ("twins", room("Twins")), ("nursery", room("Nursery")))
        sees, blind = RoomTable(200, "own"), RoomTable(200, "own")
        async with (
            finding(broker, sees, username="dashboard"),
            finding(broker, blind, username="nursery") as other,
        ):
            await until(lambda: len(states(sees)) == 2)
            await until(lambda: other.connected_s and states(blind))
            assert list(states(blind)) == ["nursery"]  # its own status only


async def test_a_base_of_another_form_is_followed_and_one_without_the_device_is_explained(broker: Broker) -> None:
    await asyncio.to_thread(retain, broker, ("twins", room("Twins")), base="home/cry")
    table = RoomTable(200, "own")
    async with finding(broker, table, base="home/cry/{device_id}"):
        await until(lambda: states(table) == {"twins": "listening"})
    async with finding(broker, table, base="home/cry") as finder:
        await until(lambda: finder.trouble)
        assert "{device_id}" in str(finder.trouble)
