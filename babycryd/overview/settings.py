"""Settings of the overview, `overview:` in the YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babycryd.core.setting import setting

MOST_ROOMS: Final = 200  # that are shown
_MOST_LISTED: Final = 100
_NAME: Final = re.compile("[a-z0-9_-]{1,64}")
_URL: Final = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """A room that is listed by hand: its page, and how to read its state."""

    id: str = setting(
        "", "The room's `device.id`, of a-z, 0-9, _ and -; names the systemd credential.", example="nursery-2"
    )
    name: str = setting("", "Name of the room; empty: the one it calls itself.", example="Twins")
    url: str = setting("", "Address of the room's page.", example="http://nursery-2.local:8474")
    password_file: Path | None = setting(
        None,
        "File whose first line is that page's password; empty takes the systemd credential `overview_ID_password`.",
        secret=True,
        example="/etc/babycryd/nursery-2-page",
    )
    ca_file: Path | None = setting(
        None,
        "Certificate (PEM) of the authority that signed the page's; empty: those the system trusts.",
        example="/etc/babycryd/ca.pem",
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if not _NAME.fullmatch(self.id):
            yield "id", "must be the room's device.id, 1 to 64 of a-z, 0-9, _ and -, for example nursery-2"
        if not _URL.fullmatch(self.url):
            yield "url", "must be an address such as http://nursery-2.local:8474, without user, password and ?"


@dataclass(frozen=True, slots=True)
class OverviewSettings:
    """Settings of the overview: rooms that are found at the broker, and rooms that are listed."""

    find: bool = setting(
        False,
        "Finds the rooms at the broker of `mqtt`, while the page's view Rooms is open. It only reads; the broker's"
        " access list must allow that (docs/mqtt.md).",
    )
    username: str = setting(
        "", "User at the broker that may read all rooms; empty: that of `mqtt`.", names="thing", example="dashboard"
    )
    password_file: Path | None = setting(
        None,
        "File whose first line is that user's password; empty takes the systemd credential `overview_password`.",
        secret=True,
        example="/etc/babycryd/dashboard-password",
    )
    rooms: tuple[ListedRoom, ...] = setting((), "Rooms by hand: those of another broker, or without one.")

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        ids = [each.id for each in self.rooms]
        if twice := sorted({each for each in ids if each and ids.count(each) > 1}):
            yield "rooms", f"must have different ids; there is more than one {', '.join(twice)}"
        if len(ids) > _MOST_LISTED:
            yield "rooms", f"may list {_MOST_LISTED} rooms"
        if self.password_file and not self.username:
            yield "password_file", "needs a username as well"

    @property
    def is_wanted(self) -> bool:
        """Whether there is an overview of other rooms."""
        return self.find or bool(self.rooms)
