"""Microphone and loudspeaker of the soak, in virtual time; both can be broken like real ones."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from babycryd.capture.source import SourceTraits
from babycryd.demo.sound import SAMPLE_RATE_HZ
from benchmarks.soak.virtual_time import FAREWELL_GRACE_S, VirtualClock
from benchmarks.soak.week import Week

_BLOCKS: Final = 3  # in a hop of the detector
REOPEN_CLOSE_LIMIT_S: Final = 2.0  # as in babycryd.capture.supervisor, which must not be imported before the clock is


@dataclass
class Run:
    """Sound that came without a gap."""

    first: int  # sample of the week
    count: int
    muted: bool


class Microphone:
    """A source of the nursery's sound that moves the clock on; it can be broken like a real one."""

    name = "nursery"
    traits = SourceTraits(live=True, can_be_muted=True, hears_speaker=True)
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self, week: Week, clock: VirtualClock) -> None:
        self.broken = ""  # a fault's kind
        self.runs: list[Run] = []
        self._week = week
        self._clock = clock
        self._begin_s = clock.monotonic()

    @property
    def now_s(self) -> float:
        """Since the week began."""
        return self._clock.monotonic() - self._begin_s

    def at_s(self, utc_s: float) -> float:
        """Which sound of the week came when the wall clock, as it is set now, showed this."""
        heard_s = (self.runs[-1].first + self.runs[-1].count) / SAMPLE_RATE_HZ
        return heard_s - (self._clock.time() - utc_s)

    async def open(self) -> None:
        from babycryd.capture.source import CaptureError

        if self.broken == "microphone unplugged":
            raise CaptureError("no microphone found")
        self.runs.append(Run(round(self.now_s * SAMPLE_RATE_HZ), 0, self.broken == "microphone muted"))

    async def read(self, timeout_s: float) -> list[Any]:
        from babycryd.audio.block import BLOCK, BLOCK_S
        from babycryd.capture.source import CaptureError, Chunk, RecordingEnded

        await asyncio.sleep(0)  # first the other tasks that are ready
        while self._clock.busy:  # noqa: ASYNC110  # a disk is quicker than a cry, but not than this clock
            await asyncio.sleep(0)
        if self.now_s >= self._week.length_s:
            raise RecordingEnded(self.name)
        if self.broken == "microphone unplugged":
            raise CaptureError("the microphone is gone")
        if self.broken == "microphone stalls":
            await asyncio.sleep(timeout_s)
            return []
        run = self.runs[-1]
        if run.muted != (self.broken == "microphone muted"):
            run = Run(run.first + run.count, 0, not run.muted)
            self.runs.append(run)
        samples = self._week.samples(run.first + run.count, _BLOCKS * BLOCK)
        if run.muted:
            samples[:] = 0
        run.count += len(samples)
        self._clock.advance(_BLOCKS * BLOCK_S)
        return [Chunk(samples[at : at + BLOCK]) for at in range(0, len(samples), BLOCK)]

    async def close(self, limit_s: float) -> None:
        if limit_s < REOPEN_CLOSE_LIMIT_S:  # for good
            self._clock.grace_s = FAREWELL_GRACE_S


class Loudspeaker:
    """A player that takes virtual time to fade."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.broken = False
        self._now_s = now_s
        self._silent_from_s: float | None = 0.0  # None: plays on
        self._track: Any = None

    async def prepare(self) -> None:
        pass

    async def play(self, tracks: tuple[Any, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Any:
        self._check()
        self._silent_from_s, self._track = None, tracks[0]
        return tracks[0]

    async def set_volume(self, volume: float) -> None:
        self._check()

    async def fade_out(self, fade_s: float) -> None:
        self._check()
        self._silent_from_s = self._now_s() + fade_s

    async def sounding(self) -> Any:
        self._check()
        return self._track if self._silent_from_s is None or self._now_s() < self._silent_from_s else None

    async def close(self) -> None:
        self._silent_from_s = 0.0

    def _check(self) -> None:
        from babycryd.soothe.player import PlayerError

        if self.broken:
            self._silent_from_s = 0.0
            raise PlayerError("the speaker is gone")
