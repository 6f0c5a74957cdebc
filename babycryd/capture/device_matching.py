"""Device matching: finds the owner's microphone among the inputs by its identity, as its number may change."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from babycryd.capture.sound_cards import Card, Usb, address_of
from babycryd.core.printable import printable

NO_MICROPHONE: Final = "no microphone found: plug one in, or see `babycryd devices` and set capture.device"
MOST_SHOWN: Final = 6
_NUMBER: Final = re.compile(r" *\(hw:(\d+),(\d+)\)")  # card and device, in PortAudio's name of an input
_ADDRESS: Final = re.compile(r"usb:([0-9a-f]{4}):([0-9a-f]{4})(?::([^@]+))?(?:@([0-9.-]+))?", re.IGNORECASE)
_CARD_ID: Final = re.compile(r"(?:plug)?hw:CARD=([^,]+).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InputDevice:
    """Input as PortAudio lists it."""

    index: int
    name: str
    card: Card | None  # None: an input of a sound server or of asound.conf

    @property
    def plain_name(self) -> str:
        """Name without the card's number."""
        return _NUMBER.sub("", self.name)

    @property
    def device(self) -> str:
        """Number of this input among those of its card; empty where it has none."""
        found = _NUMBER.search(self.name)
        return found[2] if found else ""

    @property
    def place(self) -> int | str:
        """Value that is equal for two names of one microphone."""
        return self.card.number if self.card else self.name


def card_number(name: str) -> int | None:
    """Return the card's number in an input's name: `USB Audio: - (hw:1,0)` -> 1; None without one."""
    found = _NUMBER.search(name)
    return int(found[1]) if found else None


class DeviceMatcher:
    """Matcher: chooses the owner's microphone whenever one is to be opened, and remembers its identity."""

    def __init__(self, wanted: str) -> None:
        """`wanted`: what `babycryd devices` prints, part of a name, or an index; empty: the default."""
        self._wanted = printable(wanted.strip())
        self._known: InputDevice | None = None
        self._others: set[str] = set()  # sockets of devices that differ from the known one in the socket only

    def choose(self, inputs: Sequence[InputDevice], default: InputDevice | None) -> InputDevice | str:
        """Return the microphone, or the reason why none of these inputs is it."""
        if not inputs or (not self._wanted and default is None):
            return NO_MICROPHONE
        if not self._wanted:
            return default or inputs[0]
        fits = _fitting(self._wanted, inputs) if self._known is None else self._same(self._known, inputs)
        if len({each.place for each in fits}) != 1:
            return self._complaint(fits, inputs)
        self._known, self._others = fits[0], set()
        self.see([each.card for each in inputs if each.card])
        return self._known

    def see(self, cards: Sequence[Card]) -> None:
        """Note the cards that are plugged in: those of another socket are not the owner's microphone."""
        ours = self._known.card.usb if self._known and self._known.card else None
        if ours is not None:
            self._others |= {usb.path for usb in _twins(ours, cards) if usb.path != ours.path}

    def _same(self, known: InputDevice, inputs: Sequence[InputDevice]) -> list[InputDevice]:
        fits = [each for each in inputs if each.plain_name == known.plain_name and each.device == known.device]
        if known.card is None:
            return [each for each in fits if each.card is None]
        if known.card.usb is None:
            return [each for each in fits if each.card and each.card.id == known.card.id]
        twins = _twins(known.card.usb, [each.card for each in inputs if each.card])
        sockets = {usb.path for usb in twins}
        if known.card.usb.path in sockets:
            socket = {known.card.usb.path}
        else:  # it moved to another socket, if all others stayed and only one socket is new
            socket = sockets - self._others if sockets >= self._others else set()
        if len(socket) != 1:
            return []
        return [each for each in fits if each.card and each.card.usb in twins and each.card.usb.path in socket]

    def _complaint(self, fits: Sequence[InputDevice], inputs: Sequence[InputDevice]) -> str:
        ours = [self._known] if self._known else []
        cards = tuple({each.card for each in (*inputs, *ours) if each.card})
        if fits:
            which = ", ".join(_label(each, cards) for each in fits)
            return f"{self._wanted!r} may be any of {which}: set capture.device to one address of these"
        shown = [each for each in inputs if each.card] or inputs
        found = ", ".join(dict.fromkeys(_label(each, cards) for each in shown[:MOST_SHOWN]))
        if self._known is not None:
            lost = _label(self._known, cards)
            return f"{lost} is not there; found instead: {found}; plug it in, or set capture.device and restart"
        return f"no microphone {self._wanted!r} (capture.device); found instead: {found}; see `babycryd devices`"


def _fitting(wanted: str, inputs: Sequence[InputDevice]) -> list[InputDevice]:
    if wanted.isdecimal():
        return [each for each in inputs if each.index == int(wanted)]
    if address := _ADDRESS.fullmatch(wanted):
        return [each for each in inputs if each.card and each.card.usb and _is_at(each.card.usb, address)]
    if card_id := _CARD_ID.fullmatch(wanted):
        return [each for each in inputs if each.card and each.card.id.lower() == card_id[1].lower()]
    plain = _NUMBER.sub("", wanted).lower()
    exact = [each for each in inputs if each.plain_name.lower() == plain]
    return exact or [each for each in inputs if _has_words(each.name.lower(), wanted.lower().split())]


def _has_words(name: str, words: list[str]) -> bool:
    """Return whether the name holds all words in this order."""
    at = 0
    for word in words:
        at = name.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True


def _is_at(usb: Usb, address: re.Match[str]) -> bool:
    vendor, product, serial, path = address.groups()
    model = f"usb:{vendor}:{product}".lower()
    return usb.model == model and serial in {None, usb.serial} and path in {None, usb.path}


def _twins(usb: Usb, cards: Iterable[Card]) -> list[Usb]:
    """Return the devices like this one, itself included: the same model with the same serial number, or none."""
    return [one.usb for one in cards if one.usb and (one.usb.model, one.usb.serial) == (usb.model, usb.serial)]


def _label(one: InputDevice, cards: tuple[Card, ...]) -> str:
    return f"{one.plain_name} [{address_of(one.card, cards)}]" if one.card else one.name
