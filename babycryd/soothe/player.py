"""Protocol of a player of lullabies, and its errors."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from babycryd.core.soothing_events import StopReason
from babycryd.soothe.strategy import Track


class PlayerError(Exception):
    """The lullaby cannot be played; the text says what failed and why."""


class TrackError(PlayerError):
    """The speaker works, but no sound can be had from the file or from any of the files."""


@dataclass(slots=True)
class Lullaby:
    """Lullaby that a player plays now."""

    track: str
    volume: float  # 0..1
    share: float = 1.0  # of the owner's volume: a first step may be softer
    repeats: bool = True  # else the tracks follow each other
    ending: StopReason | None = None  # why it fades


class Player(Protocol):
    """Player of one lullaby at a time. Every method may raise PlayerError, and none blocks the loop."""

    async def prepare(self) -> None:
        """Do the slow part of the first `play` in advance; the speaker stays free."""

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        """Begin with the first track that can be read, and return it. Replaces the one that plays."""

    async def set_volume(self, volume: float) -> None:
        """Set the volume, 0..1, of the playing lullaby."""

    async def fade_out(self, fade_s: float) -> None:
        """Begin to fade; return at once."""

    async def sounding(self) -> Track | None:
        """Return the track that can be heard now, or None; to be called regularly while one plays.

        Where a track that repeats ends by itself, the player goes on with the next one.
        """

    async def close(self) -> None:
        """Stop the sound and release the speaker, for good."""


async def until_silent(player: Player) -> None:
    """Wait until nothing can be heard any more. Raises PlayerError."""
    while await player.sounding():  # noqa: ASYNC110  # SDL has nothing to wait on
        await asyncio.sleep(0.02)
