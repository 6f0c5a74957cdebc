"""A microphone in a quiet room, in real time, and a speaker that can be heard in there."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from babycryd.audio.block import BLOCK, BLOCK_S
from babycryd.capture.source import Chunk, SourceTraits
from babycryd.soothe.strategy import Track
from tests.support.fakes.player import FakePlayer

RATE_HZ = 16_000


class QuietRoom:
    """Endless noise, and the samples given to `add`."""

    name = "a quiet room"
    traits = SourceTraits(live=True, can_be_muted=True, hears_speaker=True)
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self, level: float = 1e-3) -> None:
        self.level = level
        self._random = np.random.default_rng(1)
        self._added = np.zeros(0, np.float32)
        self._due_s = 0.0

    def add(self, samples: NDArray[np.float32]) -> None:
        """From now on, instead of what was added before."""
        self._added = samples

    async def open(self) -> None:
        self._due_s = asyncio.get_running_loop().time()

    async def read(self, timeout_s: float) -> list[Chunk]:
        self._due_s += BLOCK_S
        await asyncio.sleep(max(0.0, self._due_s - asyncio.get_running_loop().time()))
        samples = (self.level * self._random.standard_normal(BLOCK)).astype(np.float32)
        now, self._added = self._added[:BLOCK], self._added[BLOCK:]
        samples[: len(now)] += now
        return [Chunk(samples)]

    async def close(self, limit_s: float) -> None:
        pass


@dataclass
class HeardPlayer(FakePlayer):
    """What it plays comes into the room, `echo` times as loud."""

    room: QuietRoom = field(default_factory=QuietRoom)
    echo: float = 0.1
    peaks: list[float] = field(default_factory=list)  # of what was played, volume included

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        samples, rate_hz = soundfile.read(tracks[0].path, dtype="float32")
        played = volume * soxr.resample(samples, rate_hz, RATE_HZ)
        self.peaks.append(float(np.abs(played).max()))
        self.room.add(self.echo * played)
        return await super().play(tracks, repeat_one=repeat_one, volume=volume, fade_in_s=fade_in_s)
