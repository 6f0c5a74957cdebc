"""Daemons of this computer, as commands know them: their rooms, what they answer, and why one does not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOMS: Final = Path("/etc/babycryd")  # a configuration for each room
DEMO: Final = "demo"  # device id of `babycryd demo`
_MAIN: Final = "babycryd.yaml"

Fields = Mapping[str, Any]


class DaemonError(Exception):
    """The daemon does not answer, or refuses; the text says why and what helps."""


def rooms() -> list[str]:
    """Return the rooms of this computer by their configuration files; the main daemon's file is no room's."""
    return sorted(each.stem for each in ROOMS.glob("*.yaml") if each.name != _MAIN)
