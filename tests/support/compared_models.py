"""A room with two models of which one hears in the shadow, in place of a daemon with a microphone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Hop, Mono
from babycryd.audio.format import HOP, HOP_S
from babycryd.core.bus import Bus
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.model_channel.choice import Choice
from babycryd.model_channel.settings import ModelChannelSettings
from babycryd.model_channel.shadow import Shadow
from babycryd.model_channel.shadow_tap import CAPACITY_HOPS, ShadowTap
from babycryd.model_channel.store import ModelStore
from babycryd.model_channel.task import ModelTask
from tests.support.patience import until

A, SHIPPED = "a" * 64, "c" * 64


class SaysAlways:
    """A classifier that gives each hop one score."""

    reference: NDArray[np.floating] = np.zeros((1, EMBEDDING))

    def __init__(self, score: float) -> None:
        self._score = score

    def reset(self) -> None:
        pass

    def score(self, frames: NDArray[np.float32]) -> Scored:
        return Scored(self._score, np.zeros(EMBEDDING, np.float32))


class Fails(SaysAlways):
    def score(self, frames: NDArray[np.float32]) -> Scored:
        raise RuntimeError("node 7 failed to invoke")


@dataclass
class Nursery:
    """A tap, a bus and a store, and the pipeline that decides, which hears what the tap lets through."""

    folder: Path
    classifier: Callable[[Choice], object] = lambda _: shipped_classifier()
    settings: ModelChannelSettings = field(default_factory=lambda: ModelChannelSettings(shadow_hours=0.02))
    began_with: Choice = field(default_factory=Choice)
    now_s: float = 0.0
    restarts: int = 0
    built: int = 0

    def __post_init__(self) -> None:
        self.bus, self.tap, self.store = Bus(), ShadowTap(), ModelStore(self.folder)
        self.deciding = Pipeline(DetectionSettings(), shipped_classifier())

    def shadow_of(self, choice: Choice) -> Shadow:
        self.built += 1
        return Shadow(Pipeline(DetectionSettings(), self.classifier(choice)), DetectionSettings())  # type: ignore[arg-type]

    def restart(self) -> None:
        self.restarts += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ModelTask]:
        events = self.bus.subscribe("models", only=ModelTask.EVENTS)
        task = ModelTask(
            self.settings,
            self.store,
            self.began_with,
            self.tap,
            events,
            self.shadow_of,
            self.restart,
            lambda: self.now_s,
        )
        work = asyncio.create_task(task.run())
        try:
            yield task
        finally:
            assert not work.done()
            work.cancel()

    async def hear(self, samples: Mono, times: int = 1) -> None:
        """Lets the room sound; waits until the shadow has heard it."""
        for hop in np.tile(samples, times)[: len(samples) * times // HOP * HOP].reshape(-1, HOP):
            self.now_s = round(self.now_s + HOP_S, 6)
            self.tap.process(Hop(hop, self.now_s, 1_790_000_000.0 + self.now_s, after_gap=False))
            for event in self.deciding.push(hop, self.now_s - HOP_S, 1_790_000_000.0 + self.now_s - HOP_S):
                self.bus.publish(event)
            if self.tap.waiting > CAPACITY_HOPS // 2:
                await self.heard()
        await self.heard()

    async def heard(self) -> None:
        await until(lambda: self.tap.waiting == 0)


def on_trial(nursery: Nursery) -> Choice:
    return nursery.store.change(lambda now: now.offered(A, 1, SHIPPED, again=False))
