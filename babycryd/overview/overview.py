"""Overview of the rooms: looks for them while a page shows them, and does nothing while none does."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from babycryd.core.home_rooms import HomeRoom, HomeRooms
from babycryd.overview.page_reader import PageReader
from babycryd.overview.table import RoomTable

_LINGERS_S: Final = 60.0  # after the last page has closed, so that a page that is loaded again finds everything there
_LOOK_S: Final = 1.0  # after the connection to the broker; the retained messages come within it
_TICK_S: Final = 0.05


class Finder(Protocol):
    """Client of the broker that fills the table of found rooms."""

    @property
    def trouble(self) -> str | None:
        """Why rooms are not found; None: all is well."""

    @property
    def connected_s(self) -> float | None:
        """Since when it is connected, of the loop's clock; None: it is not."""

    async def run(self) -> None:
        """Fill the table until cancelled."""


class RoomsOverview:
    """Overview of the rooms found at the broker and of those listed by hand, while `run` runs and it is watched."""

    def __init__(
        self,
        table: RoomTable,
        finder: Finder | None,
        readers: Sequence[PageReader],
        utc: Callable[[], float] = time.time,
    ) -> None:
        """`finder`: None: rooms are not looked for at the broker."""
        self._table = table
        self._finder = finder
        self._readers = readers
        self._utc = utc
        self._watchers = 0
        self._watched = asyncio.Event()
        self._left = asyncio.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Return a context in which it looks for the rooms."""
        self._watchers += 1
        self._watched.set()
        self._left.clear()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._watched.clear()
                self._left.set()

    async def run(self) -> None:
        """Look for the rooms whenever it is watched, until cancelled."""
        while True:
            await self._watched.wait()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(each, name="overview") for each in self._work()]
                await self._until_unwatched()
                for task in tasks:
                    task.cancel()
            for reader in self._readers:
                reader.forget()

    def _work(self) -> Iterator[Coroutine[None, None, None]]:
        for reader in self._readers:
            yield reader.run(partial(self._is_found, reader.listed.id))
        if self._finder is not None:
            yield self._finder.run()

    def now(self) -> HomeRooms:
        """Return the rooms as they are known now, by name, without the own one."""
        found = self._table.shown(asyncio.get_running_loop().time(), self._utc())
        for reader in self._readers:
            listed = reader.listed
            if self._is_found(listed.id):
                room = found[listed.id]
                found[listed.id] = replace(room, name=listed.name or room.name, page=listed.url)
            else:
                found[listed.id] = reader.room
        rooms = sorted(found.values(), key=_by_name)
        trouble = self._finder.trouble if self._finder else None
        return HomeRooms(tuple(rooms), self._table.more, trouble, finds=self._finder is not None)

    async def ready(self, within_s: float) -> None:
        """Wait until a first look at every room is over, at most `within_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self._has_looked():  # noqa: ASYNC110  # of time and several parts
                    await asyncio.sleep(_TICK_S)

    def _has_looked(self) -> bool:
        finder = self._finder
        if finder is not None and finder.trouble is None:
            looked_s = asyncio.get_running_loop().time() - finder.connected_s if finder.connected_s else 0.0
            if looked_s < _LOOK_S:
                return False
        return all(reader.has_tried for reader in self._readers)

    def _is_found(self, device: str) -> bool:
        return self._table.connected and self._table.has(device)

    async def _until_unwatched(self) -> None:
        """Wait until it was not watched for _LINGERS_S."""
        while True:
            await self._left.wait()
            try:
                async with asyncio.timeout(_LINGERS_S):
                    await self._watched.wait()
            except TimeoutError:
                return


def _by_name(room: HomeRoom) -> tuple[str, str]:
    return room.name.casefold(), room.id
