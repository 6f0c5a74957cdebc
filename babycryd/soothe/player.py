"""What a player does, and the one that plays through the loudspeaker."""

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from babycryd.soothe.mixer import Mixer, PlayerError
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.strategy import Track
from babycryd.system.worker_thread import WorkerThread

T = TypeVar("T")

CALL_LIMIT_S = 2.0  # a stalled sound server can hold SDL for ever


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


class MixerPlayer:
    """Player over pygame's mixer, on the speaker that the settings name."""

    def __init__(self, settings: LullabySettings) -> None:
        self._mixer = Mixer(settings.device)
        self._worker = WorkerThread("lullaby")

    async def prepare(self) -> None:
        await self._call(self._mixer.prepare, limit_s=30.0)  # a Pi's first import of pygame from a slow card

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        play = partial(self._mixer.play, tracks, repeat_one=repeat_one, volume=volume, fade_in_s=fade_in_s)
        try:
            return await self._call(play)
        except PlayerError:
            self._let_go()  # or what was given up would begin once the speaker moves again, and nobody would stop it
            raise

    async def set_volume(self, volume: float) -> None:
        await self._call(partial(self._mixer.set_volume, volume))

    async def fade_out(self, fade_s: float) -> None:
        await self._call(partial(self._mixer.fade_out, fade_s))

    async def sounding(self) -> bool:
        try:
            return await self._call(self._mixer.sounding)
        except PlayerError:
            self._let_go()
            raise

    async def close(self) -> None:
        try:
            await self._call(self._mixer.close)
        finally:
            self._worker.end()

    def _let_go(self) -> None:
        """Close the speaker behind the scenes: on a stalled sound server this takes until it moves again."""
        try:
            self._worker.begin(self._mixer.close)
        except TimeoutError:
            return  # it waits there already

    async def _call(self, work: Callable[[], T], limit_s: float | None = None) -> T:
        try:
            return await self._worker.call(work, CALL_LIMIT_S if limit_s is None else limit_s)
        except TimeoutError:
            raise PlayerError("the sound system does not answer; is the speaker or its sound server stalled?") from None
