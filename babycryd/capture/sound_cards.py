"""Sound cards as Linux lists them; their identity tells two microphones apart, as numbers do not.

All files are read below a root folder, `/` on a real computer.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babycryd.core.printable import printable

ROOT: Final = Path("/")
_LIST: Final = Path("proc/asound/cards")
_CLASS: Final = Path("sys/class/sound")
#  1 [Device         ]: USB-Audio - USB PnP Sound Device
_CARD: Final = re.compile(r"^ *(\d+) \[(.{1,15}?) *\]: \S+ - (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Usb:
    """Identity of a USB device: its own descriptors, and the socket it is plugged into."""

    vendor: str  # four hexadecimal digits
    product: str
    serial: str  # empty where it has none
    path: str  # of the socket, such as 1-1.2

    @property
    def model(self) -> str:
        return f"usb:{self.vendor}:{self.product}"


@dataclass(frozen=True, slots=True)
class Card:
    """Sound card of ALSA."""

    number: int  # may change whenever the card is plugged in
    id: str  # ALSA's short name, as in hw:CARD=Device
    name: str
    usb: Usb | None  # None: not on USB


def read_cards(root: Path = ROOT) -> tuple[Card, ...]:
    """Return all sound cards; none where the kernel has no ALSA."""
    return tuple(
        Card(int(number), printable(name_id), printable(name.strip()), _usb(root, int(number)))
        for number, name_id, name in _CARD.findall(cards_text(root))
    )


def cards_text(root: Path = ROOT) -> str:
    """Return the kernel's list of cards, which changes when a card is plugged in or out; empty without ALSA."""
    try:
        return (root / _LIST).read_text("utf-8", "replace")
    except OSError:
        return ""


def address_of(card: Card, cards: tuple[Card, ...]) -> str:
    """Return the address of this card: unique among `cards`, and the same after it was plugged out and in."""
    if card.usb is None:
        return f"hw:CARD={card.id}"
    alike = [each.usb for each in cards if each.usb is not None and each.usb.model == card.usb.model]
    if is_own_serial(card.usb.serial, alike):
        return f"{card.usb.model}:{card.usb.serial}"
    return card.usb.model if len(alike) == 1 else f"{card.usb.model}@{card.usb.path}"


def is_own_serial(serial: str, alike: list[Usb]) -> bool:
    """Return whether exactly one of these devices has this serial number; cheap ones have none, or all the same."""
    return bool(serial) and sum(each.serial == serial for each in alike) == 1


def _usb(root: Path, number: int) -> Usb | None:
    """Return the identity from the nearest folder above the card's device that holds one; None: it is not on USB."""
    device = (root / _CLASS / f"card{number}" / "device").resolve()
    for folder in (device, *device.parents):
        if vendor := _read(folder / "idVendor"):
            product, serial = _read(folder / "idProduct"), _read(folder / "serial")
            return Usb(vendor.lower(), product.lower(), serial, folder.name)
    return None


def _read(path: Path) -> str:
    try:
        return "".join(each for each in path.read_text("utf-8", "replace").strip() if each.isprintable())
    except OSError:
        return ""
