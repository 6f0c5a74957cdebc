"""The overview over HTTP: once and as a stream, with the own room first, and watched only while a page shows it."""

import asyncio
import json
from pathlib import Path

from babycryd.core.home_rooms import HomeRoom, HomeRooms, LastCry, RoomTrouble
from tests.support.home_rooms import MadeUpOverview
from tests.support.patience import patient, until
from tests.support.serving import ServedDevice, serving

TWINS = HomeRoom("twins", "<b>Twins", "crying", 5.0, "http://pi/", LastCry(1.0, None), (RoomTrouble("disk", "full"),))


def overview_of(*rooms: HomeRoom) -> MadeUpOverview:
    return MadeUpOverview(HomeRooms(rooms, more=3, trouble="no broker", finds=True))


async def test_without_an_overview_there_is_the_own_room(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        told = (await device.ask("/api/rooms")).content
        assert [(each["own"], each["name"], each["page"]) for each in told["rooms"]] == [
            (True, "<script>alert(1)</script>", "./")
        ]
        assert (await device.ask("/api/state")).content["overview"] is False


async def test_all_rooms_are_listed_after_a_first_look(tmp_path: Path) -> None:
    device = ServedDevice(overview=(overview := overview_of(TWINS)))
    async with serving(tmp_path, device=device):
        told = (await device.ask("/api/rooms")).content
        assert (overview.waited, overview.watchers) == (True, 0)
        assert (told["more"], told["trouble"], told["finds"]) == (3, "no broker", True)
        own, twins = told["rooms"]
        assert (own["own"], twins["own"]) == (True, False)
        assert (twins["name"], twins["state"], twins["last_cry"]) == (
            "<b>Twins",
            "crying",
            {"started_utc_s": 1.0, "duration_s": None},
        )
        assert twins["troubles"] == [{"advice": "disk", "text": "full"}]
        assert (await device.ask("/api/state")).content["overview"] is True


async def test_the_stream_tells_each_change_and_ends_the_watching(tmp_path: Path) -> None:
    device = ServedDevice(overview=(overview := overview_of(TWINS)))
    async with serving(tmp_path, device=device), patient():
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(b"GET /api/rooms/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"event: state\ndata: ")
        first = json.loads(await reader.readline())
        assert [each["id"] for each in first["rooms"]] == ["nursery", "twins"]
        assert overview.watchers == 1
        await reader.readuntil(b"event: beat")
        overview.rooms = HomeRooms()
        await reader.readuntil(b"event: state\ndata: ")
        assert [each["id"] for each in json.loads(await reader.readline())["rooms"]] == ["nursery"]
        writer.close()
        await until(lambda: overview.watchers == 0)


async def test_it_is_behind_the_session(tmp_path: Path) -> None:
    device = ServedDevice(overview=overview_of(TWINS))
    async with serving(tmp_path, device=device, locked=True):
        for path in ("/api/rooms", "/api/rooms/events"):
            assert (await device.ask(path)).status == 401
        assert (await device.ask("/rooms")).status == 200  # the page, which asks for the password
