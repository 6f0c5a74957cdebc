"""What no nursery can do without: it listens, decides and soothes."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from babycryd.audio.ring import RingBuffer
from babycryd.capture.source import Source
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.config import Settings, state_folder
from babycryd.control.controls import ControlsFile
from babycryd.control.dispatcher import CommandTargets, Dispatcher
from babycryd.core.bus import Bus
from babycryd.core.events import EpisodesMarked
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.tflite import shipped_classifier
from babycryd.detect.verifier import Mark
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.feedback.book import BookEntry
from babycryd.feedback.store import FeedbackStore
from babycryd.feedback.task import FeedbackTask
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.player import MixerPlayer, Player
from babycryd.soothe.strategy import LullabyStrategy
from babycryd.soothe.tracks import list_tracks

log = logging.getLogger(__name__)

_LEAST_RING_S = 3.0  # the sound test looks for its tone in there


@dataclass(frozen=True, slots=True)
class Hardware:
    """The two edges of the house. None: what the settings name; somebody who tests brings his own."""

    source: Source | None = None
    player: Player | None = None


@dataclass(frozen=True, slots=True)
class Core:
    """Everything else is built upon these."""

    bus: Bus
    capture: CaptureSupervisor
    engine: DetectionEngine
    soothing: SoothingController
    keeper: FeedbackTask
    dispatcher: Dispatcher
    folder: Path  # of the state
    model_sha256: str

    def lost(self) -> dict[str, int]:
        """What full queues and busy computers have cost since the start."""
        source = self.capture.source
        return self.bus.dropped | {"audio blocks": source.dropped_blocks, "overflows": source.overflows}


def build_core(settings: Settings, bus: Bus, alive: Callable[[], None], hardware: Hardware) -> Core:
    """`alive` is the watchdog's food. Raises ModelError, ConfigError."""
    capture = CaptureSupervisor(settings.capture, bus, hardware.source)
    classifier = shipped_classifier()
    ring = RingBuffer(max(settings.capture.pre_roll_s, _LEAST_RING_S))
    engine = DetectionEngine(capture, ring, Pipeline(settings.detection, classifier), bus, alive)
    folder = state_folder(settings, os.environ)
    keeper = _keeper(folder, classifier.sha256, engine, bus)
    soothing = _soothing(settings, bus, hardware.player)
    return Core(
        bus=bus,
        capture=capture,
        engine=engine,
        soothing=soothing,
        keeper=keeper,
        dispatcher=Dispatcher(CommandTargets(engine, soothing, keeper), settings.detection, ControlsFile(folder), bus),
        folder=folder,
        model_sha256=classifier.sha256,
    )


def _keeper(folder: Path, model: str, engine: DetectionEngine, bus: Bus) -> FeedbackTask:
    def tell(marks: Mapping[str, bool]) -> None:
        bus.publish(EpisodesMarked(engine.now_s, tuple(marks.items())))

    return FeedbackTask(
        FeedbackStore(folder), model, bus.subscribe("feedback"), lambda marks: _heed(engine, marks), tell
    )


def _heed(engine: DetectionEngine, marks: Sequence[BookEntry]) -> None:
    engine.learn([Mark(np.array(one.embedding), cry=bool(one.cry)) for one in marks])
    if marks:
        log.info("heeding %d marks of earlier episodes", len(marks))


def _soothing(settings: Settings, bus: Bus, player: Player | None) -> SoothingController:
    policy = LullabyStrategy(settings.lullaby, list_tracks(settings.lullaby.folder))
    return SoothingController(policy, player or MixerPlayer(settings.lullaby), bus.subscribe("soothe"), bus)
