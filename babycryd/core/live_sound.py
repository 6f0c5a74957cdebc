"""PURE. Protocol of the live sound of the room, which the daemon broadcasts and HTTP gives to listeners."""

from dataclasses import dataclass
from typing import Protocol


class LiveSoundError(Exception):
    """The live sound cannot be heard now; the text says why."""


@dataclass(frozen=True, slots=True)
class ListenersChanged:
    """Event: a listener of the live sound has come or gone. It holds until the next one."""

    at_s: float
    listeners: int  # how many there are now


class LiveListener(Protocol):
    """A listener: takes the sound piece by piece until its end."""

    async def take(self) -> bytes | None:
        """Wait for sound, and return whole frames of MP3; None at the end, which the listener did not choose."""

    def close(self) -> None:
        """End it; the listener has gone."""


class LiveSound(Protocol):
    """The live sound of the room as MP3."""

    @property
    def enabled(self) -> bool:
        """Whether the owner has consented to it."""

    @property
    def listeners(self) -> int:
        """Number of listeners."""

    def listen(self, who: str, *, gated: bool) -> LiveListener:
        """Begin to listen. `who`: the listener's address, for the log; `gated`: silence while nothing stands out.

        Raises LiveSoundError where it is off, or too many listen already.
        """
