"""A player without a speaker: it carries out and notes each call at once; a test may break it."""

from dataclasses import dataclass, field
from pathlib import Path

from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track


@dataclass
class FakePlayer:
    """Fades take no time. While `broken` holds a text, every call fails with it."""

    broken: str = ""
    calls: list[str] = field(default_factory=list)
    volume: float = 0.0
    playing: str = ""  # track
    closed: bool = False

    async def prepare(self) -> None:
        self._note("prepare")

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        self._note(f"play {tracks[0].name} fade {fade_in_s:g} {'repeat' if repeat_one else 'through'}")
        self.playing, self.volume = tracks[0].name, volume
        return tracks[0]

    async def set_volume(self, volume: float) -> None:
        self._note(f"volume {volume:g}")
        self.volume = volume

    async def fade_out(self, fade_s: float) -> None:
        self._note(f"fade {fade_s:g}")
        self.playing = ""

    async def sounding(self) -> Track | None:
        self._raise_if_broken()
        return Track(self.playing, Path(self.playing)) if self.playing else None

    async def close(self) -> None:
        self.closed = True
        self._note("close")

    def _note(self, call: str) -> None:
        self._raise_if_broken()
        self.calls.append(call)

    def _raise_if_broken(self) -> None:
        if self.broken:
            raise PlayerError(self.broken)
