"""An offloader at work, with a fake engine that lends it pieces."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from babycryd.detect.scoring import Piece, Scored
from babycryd.offload.bucket import Bucket
from babycryd.offload.ledger import Ledger, LedgerEntry
from babycryd.offload.offloader import Offloader
from babycryd.offload.settings import OffloadSettings
from tests.support.cloud import BUCKET
from tests.support.demo_sound import demo_samples
from tests.support.patience import HANG_S, patient, until

SETTINGS = OffloadSettings(enabled=True, bucket=BUCKET, deadline_s=30.0)  # a busy machine answers late
IMPATIENT = replace(SETTINGS, deadline_s=4.0)


class FakeEngine:
    """The engine's side of the offloader: notes which pieces were scored here and which elsewhere."""

    def __init__(self) -> None:
        self.answered: dict[int, list[Scored | None]] = {}
        self.here: list[int] = []
        self.offloading: list[bool] = []

    def set_offload(self, *, enabled: bool, deadline_s: float) -> None:
        self.offloading.append(enabled)

    async def answer(self, number: int, scored: Sequence[Scored | None]) -> bool:
        assert number not in self.answered
        self.answered[number] = list(scored)
        return number not in self.here

    async def score_here(self, number: int) -> None:
        self.here.append(number)


class OffloaderHarness:
    def __init__(self, folder: Path, settings: OffloadSettings = SETTINGS, bucket: Bucket | None = None) -> None:
        self.engine = FakeEngine()
        self.ledger = Ledger(folder)  # to read: a connection shared with a writer would see half of what it does
        bucket = bucket or Bucket(BUCKET, None)
        self.offloader = Offloader(settings, "nursery", bucket, lambda: Ledger(folder), self.engine, lambda: 0.0)

    async def settled(self, count: int, within_s: float = HANG_S) -> list[LedgerEntry]:
        """The ledger, once so many pieces are over."""
        async with patient(within_s):
            while True:
                entries = self.ledger.entries()
                if sum(entry.outcome != "sent" for entry in entries) >= count:
                    return entries
                await asyncio.sleep(0.02)


@asynccontextmanager
async def at_work(
    folder: Path, settings: OffloadSettings = SETTINGS, bucket: Bucket | None = None
) -> AsyncIterator[OffloaderHarness]:
    harness = OffloaderHarness(folder, settings, bucket)
    task = asyncio.create_task(harness.offloader.run())
    await until(lambda: harness.offloader.cloud_month() is not None)
    try:
        yield harness
    finally:
        task.cancel()
        await asyncio.wait([task])
        # A thread that is stuck in a request would disturb other tests
        await until(lambda: all(thread.name != "offload-piece" for thread in threading.enumerate()))


_NUMBERS = itertools.count(1)


def piece() -> Piece:
    """A second of the demo's baby, with what came before it; each call another one."""
    night = DemoNight()
    scene = next(each for each in night.scenes if each.what == "cry")
    samples = demo_samples()[int((scene.start_s + 1) * SAMPLE_RATE_HZ) :][: 14 * HOP]
    return Piece(next(_NUMBERS), samples.astype(np.float32), 5, 100.0, time.time())
