"""A single sound that is no lullaby, such as a test: it plays for a given time, or until it is ended early."""

import asyncio
import contextlib
from typing import Final

from babycryd.soothe.player import Player, PlayerError, until_silent
from babycryd.soothe.strategy import Track

_FADE_S: Final = 0.01


class SingleSound:
    """Plays one sound at a time over a player that plays nothing else meanwhile."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._ended = asyncio.Event()

    def end(self) -> None:
        """End the sound early, where it may be."""
        self._ended.set()

    async def play(self, track: Track, length_s: float, volume: float, *, may_end_early: bool) -> None:
        """Play `track` again and again for `length_s`, then be silent. Raises PlayerError."""
        self._ended.clear()
        await self._player.play((track,), repeat_one=True, volume=volume, fade_in_s=0.0)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(length_s):
                    await (self._ended if may_end_early else asyncio.Event()).wait()
        except asyncio.CancelledError:
            with contextlib.suppress(PlayerError):  # an error would replace the cancellation
                await self._player.fade_out(_FADE_S)
            raise
        await self._player.fade_out(_FADE_S)  # it repeats until then
        await until_silent(self._player)
