"""The core loop: what the daemon hears is what `replay` hears."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from babycryd.audio.block import BLOCK
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.audio.ring import RingBuffer
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import CaptureError, Chunk, RecordingEnded, SourceTraits
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.events import CryEnded, CryStarted, Deaf, Event, Hearing, WindowScored
from babycryd.detect.features import Frames
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.engine.replay import replay
from babycryd.soothe.lullaby_strategy import LullabyStrategy
from babycryd.soothe.settings import LullabySettings
from babycryd.soothe.tracks import list_tracks
from tests.support.demo_sound import demo_samples


class InstantSource:
    """A recording that plays as fast as it is read."""

    name = "the demo night"
    traits = SourceTraits(live=False, can_be_muted=False, hears_speaker=False)
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self) -> None:
        self._at = 0

    async def open(self) -> None:
        self._at = 0

    async def read(self, timeout_s: float) -> list[Chunk]:
        if self._at >= len(demo_samples()):
            raise RecordingEnded(self.name)
        block = demo_samples()[self._at : self._at + BLOCK]
        self._at += len(block)
        return [Chunk(block)]

    async def close(self, limit_s: float) -> None:
        self._at = len(demo_samples())


def _decisions(events: list[Event]) -> list[tuple[str, float, float]]:
    """Everything but wall-clock times: kind, moment, and score or confidence."""
    told = []
    for event in events:
        if isinstance(event, WindowScored):
            told.append(("score", event.at_s, event.score))
        elif isinstance(event, CryStarted | CryEnded):
            told.append((type(event).__name__, event.at_s, event.confidence))
    return told


def _pipeline() -> Pipeline:
    return Pipeline(DetectionSettings(), shipped_classifier())


async def test_the_daemon_hears_what_replay_hears() -> None:
    bus, alive = Bus(), [0]
    heard = bus.subscribe("test", capacity=2000)

    def count() -> None:
        alive[0] += 1

    ring = RingBuffer(10.0)
    engine = DetectionEngine(CaptureSupervisor(CaptureSettings(), bus, InstantSource()), ring, _pipeline(), bus, count)
    await engine.run()
    await engine.finish("stopped")
    engine.close()
    events: list[Event] = []
    while len(heard):
        events.append(await heard.get())
    strategy = LullabyStrategy(LullabySettings(), list_tracks(None))
    replayed = list(replay([demo_samples()[:100_000], demo_samples()[100_000:]], _pipeline(), strategy))
    assert isinstance(events[0], Hearing)
    assert _decisions(events) == _decisions(replayed)
    assert len(_decisions(events)) > 100
    assert alive[0] == len(demo_samples()) // (3 * BLOCK)
    kept = ring.slice(75.0, 80.0)
    assert kept is not None
    np.testing.assert_array_equal(kept.samples, demo_samples()[75 * SAMPLE_RATE_HZ :])


class Threads:
    """Classifier that notes the threads that call it."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._classifier = shipped_classifier()
        self.reference = self._classifier.reference

    def reset(self) -> None:
        self._classifier.reset()

    def score(self, frames: Frames) -> Scored:
        self.names.add(threading.current_thread().name)
        return self._classifier.score(frames)


async def test_a_quiet_hop_wakes_no_thread_and_the_classifier_never_runs_in_the_loop() -> None:
    classifier, bus = Threads(), Bus()
    pipeline = Pipeline(DetectionSettings(), classifier)
    engine = DetectionEngine(
        CaptureSupervisor(CaptureSettings(), bus, InstantSource()), RingBuffer(10.0), pipeline, bus, lambda: None
    )
    submitted, hops = 0, len(demo_samples()) // HOP
    in_thread = engine._in_thread

    async def count(work: Callable[[], object]) -> object:
        nonlocal submitted
        submitted += 1
        return await in_thread(work)

    engine._in_thread = count  # type: ignore[method-assign, assignment]
    await engine.run()
    engine.close()
    assert {name.split("_")[0] for name in classifier.names} == {"detect"}
    assert hops / 4 < submitted < 3 * hops / 4  # half of the demo's night is active


class HangingSource(InstantSource):
    """Goes away, and its close does not come back."""

    async def read(self, timeout_s: float) -> list[Chunk]:
        self.close_hung = True
        raise CaptureError("the microphone went away")


async def test_a_sound_system_that_hangs_ends_the_daemon() -> None:
    bus = Bus()
    heard = bus.subscribe("test")
    engine = DetectionEngine(
        CaptureSupervisor(CaptureSettings(), bus, HangingSource()), RingBuffer(10.0), _pipeline(), bus, lambda: None
    )
    with pytest.raises(CaptureError, match="only a restart helps"):
        await engine.run()
    assert isinstance(await heard.get(), Deaf)
    engine.close()
