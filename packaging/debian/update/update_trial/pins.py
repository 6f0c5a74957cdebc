"""Pins of apt: the versions that were undone, which apt leaves out."""

import re
from collections.abc import Sequence

from update_trial.files import write
from update_trial.places import Places

PIN = "Package: babycryd\nPin: version {version}\nPin-Priority: -1\n"


def refuse(places: Places, version: str) -> None:
    """Let apt leave this version out from now on."""
    write_pins(places, [*refused(places), version])


def refused(places: Places) -> list[str]:
    """Return the versions that apt leaves out."""
    return re.findall(r"^Pin: version (.+)$", places.pin.read_text(), re.MULTILINE) if places.pin.exists() else []


def write_pins(places: Places, versions: Sequence[str]) -> None:
    """Let apt leave out these versions, and no other."""
    if versions:
        write(places.pin, "\n".join(PIN.format(version=each) for each in dict.fromkeys(versions)))
    else:
        places.pin.unlink(missing_ok=True)
