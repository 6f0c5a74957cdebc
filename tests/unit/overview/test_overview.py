"""The overview looks for rooms only while it is watched, and reads the pages of those that are listed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from babycryd.core.events import StateChanged
from babycryd.overview.overview import RoomsOverview
from babycryd.overview.page_reader import PageReader
from babycryd.overview.settings import ListedRoom, OverviewSettings
from babycryd.overview.table import RoomTable
from tests.support.home_rooms import NOW, room
from tests.support.patience import until
from tests.support.ports import free_port
from tests.support.serving import PASSWORD, ServedDevice, serving


def reader(port: int, password: str | None = None, name: str = "") -> PageReader:
    return PageReader(ListedRoom("twins", name, f"http://127.0.0.1:{port}"), lambda *_: password)


class FakeFinder:
    """A finder that fills the table at once."""

    trouble: str | None = None

    def __init__(self, table: RoomTable) -> None:
        self._table = table
        self.connected_s: float | None = None
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1
        self.connected_s = asyncio.get_running_loop().time()
        self._table.begin(self.connected_s)
        for leaf, payload in room("From the broker").items():
            self._table.take("twins", leaf, payload, retained=True, at_s=self.connected_s)
        try:
            await asyncio.Event().wait()
        finally:
            self.runs -= 1


@asynccontextmanager
async def running(overview: RoomsOverview) -> AsyncIterator[None]:
    task = asyncio.create_task(overview.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_listed_page_tells_its_room_with_the_password(tmp_path: Path) -> None:
    device = ServedDevice(room="Twins' room")
    async with serving(tmp_path, device=device, locked=True):
        device.bus.publish(StateChanged(1.0, "crying", 5.0, None))
        overview = RoomsOverview(RoomTable(9, "own"), None, [reader(device.port, PASSWORD)])
        async with running(overview):
            with overview.watched():
                await until(lambda: overview.now().rooms[0].state == "crying")
                [twins] = overview.now().rooms
                assert (twins.id, twins.name, twins.since_utc_s) == ("twins", "Twins' room", 5.0)
                assert twins.page == f"http://127.0.0.1:{device.port}"
                assert [each.advice for each in twins.troubles] == ["broker"]


async def test_a_page_that_refuses_is_away_or_is_another_program_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, locked=True) as device:
        refused = reader(device.port)
        assert await refused._read() >= 60
        assert (refused.room.state, refused.room.troubles[0].advice) == ("unknown", "room_login")
    away = reader(free_port())
    await away._read()
    assert (away.room.state, away.room.troubles[0].advice, away.room.name) == ("gone", "room_page", "twins")


async def test_nothing_is_done_before_it_is_watched_and_the_broker_comes_before_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("babycryd.overview.overview._LINGERS_S", 0.0)
    monkeypatch.setattr("babycryd.overview.overview._LOOK_S", 0.0)
    table = RoomTable(9, "own")
    finder = FakeFinder(table)
    listed = reader(free_port(), name="Listed")
    overview = RoomsOverview(table, finder, [listed], utc=NOW.timestamp)
    async with running(overview):
        await asyncio.sleep(0)
        assert (finder.runs, listed.has_tried) == (0, False)
        with overview.watched(), overview.watched():
            await overview.ready(60.0)
            [twins] = overview.now().rooms
            assert (twins.name, twins.state, twins.page) == ("Listed", "listening", listed.listed.url)
        await until(lambda: finder.runs == 0)


def test_settings_that_cannot_work_are_told() -> None:
    two = (ListedRoom("a", url="http://a"), ListedRoom("a", url="http://b"))
    assert [key for key, _ in OverviewSettings(rooms=two, password_file=Path("x")).check()] == [
        "rooms",
        "password_file",
    ]
    assert [key for key, _ in ListedRoom("A!", url="ftp://x").check()] == ["id", "url"]
    assert not OverviewSettings().is_wanted
