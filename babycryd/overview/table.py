"""PURE. Table of the rooms that were found at the broker, bounded: a broker may hold any number of topics."""

import re
from collections.abc import Iterable
from typing import Final

from babycryd.core.home_rooms import HomeRoom
from babycryd.overview.found_room import FoundRoom

_ID: Final = re.compile("[a-z0-9_-]{1,64}")  # of `device.id`
_MOST_REFUSED: Final = 10_000  # ids beyond the limit that are counted


class RoomTable:
    """Rooms by id, at most `most`; `known` are taken first. Further ones are counted."""

    def __init__(self, most: int, own: str, known: Iterable[str] = ()) -> None:
        """`own`: the id of this device, which is not in the table; `known`: ids that are listed by hand."""
        self._most = most
        self._own = own
        self._known = tuple(known)
        self._rooms: dict[str, FoundRoom] = {}
        self._refused: set[str] = set()
        self.connected = False

    @property
    def more(self) -> int:
        """How many rooms have been refused because the table is full, at least."""
        return len(self._refused)

    def has(self, device: str) -> bool:
        """Return whether a room is in the table."""
        return device in self._rooms

    def begin(self, at_s: float) -> None:
        """Note a new connection: a known room is awaited anew, and what an earlier connection brought may be over."""
        for room in self._rooms.values():
            room.await_anew(at_s)
        self._refused.clear()
        self.connected = True

    def take(self, device: str, leaf: str, payload: bytes, *, retained: bool, at_s: float) -> bool:
        """Note a message of a room; return whether the room is new. An empty `status` takes the room out."""
        room = self._rooms.get(device)
        if leaf == "status" and not payload:
            self._rooms.pop(device, None)
            return False
        if is_new := room is None:
            if not self._admits(device, leaf):
                return False
            room = self._rooms[device] = FoundRoom(device, at_s)
        room.take(leaf, payload, retained=retained, at_s=at_s)
        return is_new

    def leave_out(self, device: str, why: str) -> None:
        """Note that a topic of a room is not read any more."""
        if device in self._rooms:
            self._rooms[device].left_out = why

    def shown(self, at_s: float, utc_s: float) -> dict[str, HomeRoom]:
        """Return the rooms by id, as they are shown at a time of the loop's clock and of the wall clock."""
        return {id_: room.shown(at_s, utc_s, connected=self.connected) for id_, room in self._rooms.items()}

    def _admits(self, device: str, leaf: str) -> bool:
        if leaf != "status" or device == self._own or not _ID.fullmatch(device):
            return False
        kept_free = sum(each not in self._rooms for each in self._known if each != device)
        if len(self._rooms) + (0 if device in self._known else kept_free) < self._most:
            return True
        if len(self._refused) < _MOST_REFUSED:
            self._refused.add(device)
        return False
