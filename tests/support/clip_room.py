"""A room whose cries are recorded: a bus, a ring of sound and a clip task."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from babycryd.audio.block import AudioBlock
from babycryd.audio.ring import RingBuffer
from babycryd.clips.settings import CONSENT, ClipSettings
from babycryd.clips.store import FOLDER, ClipStore
from babycryd.clips.task import ClipTask
from babycryd.clips.writer import RATE_HZ, ClipWriter
from babycryd.core.bus import Bus
from babycryd.core.events import CryEnded, CryStarted, LevelMeasured
from tests.support.patience import HANG_S, until

ID = "20261124T031502480Z"
STARTED_UTC_S = 1_795_490_102.48
SETTINGS = ClipSettings(enabled=True, consent=CONSENT, keep_free_mb=10)
HOP_S = 1.2


class ClipRoom:
    """A bus, a ring of ten seconds and a clip task; sound is noise that can be told apart."""

    def __init__(self, folder: Path, settings: ClipSettings = SETTINGS, retention_utc_s: float = STARTED_UTC_S) -> None:
        self.bus = Bus()
        self.ring = RingBuffer(10.0)
        self.store = ClipStore(folder)
        self._subscription = self.bus.subscribe("clips")
        self.clip_task = ClipTask(
            settings, self.store, self._subscription, self.ring.slice, 10.0, lambda: retention_utc_s
        )
        self.now_s = 0.0
        self.sound = (np.random.default_rng(0).uniform(-0.5, 0.5, 60 * RATE_HZ) * 32767).round() / 32767

    async def hear(self, seconds: float) -> None:
        """As the engine does it: into the ring, then to the bus."""
        for _ in range(round(seconds / HOP_S)):
            first = round(self.now_s * RATE_HZ)
            piece = self.sound[first : first + round(HOP_S * RATE_HZ)].astype(np.float32)
            self.ring.append(AudioBlock(piece, self.now_s, STARTED_UTC_S + self.now_s))
            self.now_s = round(self.now_s + HOP_S, 3)
            self.bus.publish(LevelMeasured(self.now_s, -20.0, -50.0))
            # The ring holds ten seconds: the task has copied, and the disk written, what was heard before
            await until(lambda: not len(self._subscription) and not self.clip_task._worker.busy)

    async def begin(self, episode: str = ID) -> None:
        self.bus.publish(CryStarted(self.now_s, STARTED_UTC_S, episode, 0.9))
        await asyncio.sleep(0)

    async def cry(self, seconds: float, episode: str = ID) -> None:
        started_s = self.now_s
        await self.begin(episode)
        await self.hear(seconds)
        self.bus.publish(CryEnded(self.now_s, episode, STARTED_UTC_S, self.now_s - started_s, 0.9, 5.0, "calm"))
        await asyncio.sleep(0)


@asynccontextmanager
async def clip_room(
    folder: Path, settings: ClipSettings = SETTINGS, retention_utc_s: float = STARTED_UTC_S
) -> AsyncIterator[ClipRoom]:
    made = ClipRoom(folder, settings, retention_utc_s)
    task = asyncio.create_task(made.clip_task.run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        task.cancel()
        await made.clip_task.close(HANG_S)


def recorded(path: Path) -> NDArray[np.float64]:
    samples, rate = soundfile.read(path)
    assert rate == RATE_HZ
    return np.asarray(samples)


def make_clip(folder: Path, episode: str, seconds: float = 1.0) -> None:
    writer = ClipWriter(folder / FOLDER, episode, 0.5, 10)
    writer.write(np.full(round(seconds * RATE_HZ), 0.25, np.float32))
    writer.finish()


def raw_files(folder: Path) -> list[Path]:
    return list((folder / FOLDER).glob("*.pcm"))
