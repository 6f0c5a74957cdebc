"""The protocol of a player: what plays a lullaby, and its one error."""

from typing import Protocol

from babycryd.soothe.strategy import Track


class PlayerError(Exception):
    """The lullaby cannot be played; its text tells the owner what and why."""


class Player(Protocol):
    """Plays one lullaby at a time. Every method may raise PlayerError, and none blocks the loop."""

    async def prepare(self) -> None:
        """Do the slow part of the first `play` ahead of it; the speaker stays free."""

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        """Begin with the first track that can be read, and return it. Replaces what is playing."""

    async def set_volume(self, volume: float) -> None:
        """Volume, 0..1, of what is playing."""

    async def fade_out(self, fade_s: float) -> None:
        """Begin to fade; returns at once."""

    async def sounding(self) -> bool:
        """Whether a lullaby can be heard now; to be asked again and again while one plays."""

    async def close(self) -> None:
        """Be silent and let the speaker go, for good."""
