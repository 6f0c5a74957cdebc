"""Vital parts: capture, detection, soothing and the dispatcher of commands, each built with what it needs."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from babycryd.audio.ring import RingBuffer
from babycryd.capture.chosen_source import source_of
from babycryd.capture.source import Source
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.config import Settings, device_id, state_folder
from babycryd.config.access import stream_password
from babycryd.control.controls import ControlsFile
from babycryd.control.dispatcher import CommandTargets, Dispatcher
from babycryd.control.loudness import LoudnessControl, LoudnessFile
from babycryd.core.bus import Bus
from babycryd.core.events import ClockSet
from babycryd.core.page_settings import PageSettings
from babycryd.core.supervision import Run
from babycryd.daemon.echo import EchoCancellation, echo_cancellation
from babycryd.daemon.feedback import build_feedback
from babycryd.daemon.optional_status import OptionalStatus
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.stirring import FussHead
from babycryd.detect.tflite import ModelError, shipped_classifier, shipped_fuss_head
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.feedback.learner import Learner
from babycryd.feedback.task import FeedbackTask
from babycryd.listen_in.broadcast import Broadcast
from babycryd.notify.message import Home
from babycryd.notify.store import NoticeStore
from babycryd.notify.task import AlertTask
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.library import VOICES, TrackLibrary
from babycryd.soothe.memory_store import MemoryStore
from babycryd.soothe.memory_task import MemoryTask
from babycryd.soothe.mixer_player import MixerPlayer
from babycryd.soothe.player import Player
from babycryd.soothe.strategy import SoothingStrategy, Track, strategy_of
from babycryd.soothe.tracks import shipped_tracks
from babycryd.system.memory import available_mb
from babycryd.system.retention_clock import RetentionClock
from babycryd.system.wall_clock import WallClock
from babycryd.system.worker_process import WorkerProcess

log = logging.getLogger(__name__)

_LEAST_RING_S: Final = 3.0  # the self-test looks for its probe signal in the ring
_SECOND_OPINION_LEAVES_MB: Final = 64.0  # it takes 5 MB; with less than this free, other programs would lack them


@dataclass(frozen=True, slots=True)
class Hardware:
    """Microphone and speaker, which a test replaces. None: those that the settings name."""

    source: Source | None = None
    player: Player | None = None


@dataclass(frozen=True, slots=True)
class Core:
    """Vital parts, on which the optional components are built."""

    bus: Bus
    capture: CaptureSupervisor
    engine: DetectionEngine
    soothing: SoothingController
    feedback: FeedbackTask
    alerts: AlertTask
    sounds: MemoryTask
    learner: Learner
    dispatcher: Dispatcher
    loudness: LoudnessControl
    library: TrackLibrary
    echo: EchoCancellation
    broadcast: Broadcast
    folder: Path  # of the state
    model_sha256: str
    status: OptionalStatus
    clock: WallClock  # stamps all events
    retention: RetentionClock  # decides what is too old
    pictures: WorkerProcess = field(default_factory=WorkerProcess)  # draws for page and report
    page_settings: PageSettings | None = None  # None: the page changes no setting
    on_reload: list[Run] = field(default_factory=list)  # what else SIGHUP asks for, such as a renewed certificate
    on_tracks: list[Callable[[tuple[str, ...]], None]] = field(default_factory=list)  # told the tracks that are left

    def use_tracks(self, tracks: tuple[Track, ...]) -> None:
        """Choose lullabies from these tracks, at least one, and tell the components that name them."""
        self.soothing.use_tracks(tracks)
        for tell in self.on_tracks:
            tell(self.soothing.tracks)

    def lost(self) -> dict[str, int]:
        """Return the counts of what full queues and a busy computer have lost since the start, by name."""
        source = self.capture.source
        return self.bus.dropped | {"audio blocks": source.dropped_blocks, "overflows": source.overflows}

    def close(self) -> None:
        """End the detector's thread and the process of the pictures, after every component has ended."""
        self.engine.close()
        self.pictures.kill()


def build_core(
    settings: Settings,
    bus: Bus,
    alive: Callable[[], None],
    hardware: Hardware,
    page_settings: PageSettings | None = None,
) -> Core:
    """Build the vital parts. `alive` is called whenever audio was judged: it feeds the watchdog.

    Raises ModelError, ConfigError.
    """
    clock = WallClock()
    source = hardware.source or source_of(settings.capture, partial(stream_password, settings.capture, os.environ))
    capture = CaptureSupervisor(settings.capture, bus, source, utc=clock.now)
    classifier = shipped_classifier()
    ring = RingBuffer(max(settings.capture.pre_roll_s, _LEAST_RING_S))
    echo = echo_cancellation(settings.echo, capture.source, lambda: capture.now_s)
    pipeline = Pipeline(settings.detection, classifier, second_opinion(settings.detection), fuss_head(), echo.canceller)
    engine = DetectionEngine(capture, ring, pipeline, bus, alive)
    folder = state_folder(settings, os.environ)
    clock.on_set = partial(_clock_set, engine, bus)
    learner = Learner(classifier.reference, engine.use)
    feedback = build_feedback(folder, classifier.sha256, learner, engine, bus)
    library = TrackLibrary(settings.lullaby.folder, folder / VOICES)
    strategy = strategy_of(settings.lullaby, library.tracks, settings.soothing)
    soothing = _soothing(settings, strategy, bus, hardware.player, echo)
    sounds = _memory(folder, strategy, soothing, engine, bus)
    targets = CommandTargets(engine, soothing, feedback, _alerts(settings, folder, engine, bus), sounds)
    dispatcher, loudness = _controls(settings, targets, folder, bus)
    core = Core(
        bus=bus,
        capture=capture,
        engine=engine,
        soothing=soothing,
        feedback=feedback,
        alerts=targets.alerts,
        sounds=sounds,
        learner=learner,
        dispatcher=dispatcher,
        loudness=loudness,
        library=library,
        echo=echo,
        broadcast=Broadcast(settings.listen_in, ring, bus.publish, settings.detection.gate),
        folder=folder,
        model_sha256=classifier.sha256,
        status=OptionalStatus(),
        clock=clock,
        retention=RetentionClock(folder),
        page_settings=page_settings,
    )
    library.use = core.use_tracks
    core.on_reload.append(library.refresh)
    return core


def _controls(
    settings: Settings, targets: CommandTargets, folder: Path, bus: Bus
) -> tuple[Dispatcher, LoudnessControl]:
    loudness = LoudnessControl(settings.lullaby, targets.soothing, LoudnessFile(folder))
    dispatcher = Dispatcher(targets, settings.detection, ControlsFile(folder), bus, loudness=loudness.loudness)
    loudness.on_change = dispatcher.publish_again
    return dispatcher, loudness


def second_opinion(settings: DetectionSettings) -> SecondOpinion | None:
    """Return the second opinion with its budget, or None, which the log explains, where it is off or cannot run."""
    if not settings.second_opinion:
        return None
    left_mb = available_mb()
    if left_mb is not None and left_mb < _SECOND_OPINION_LEAVES_MB:
        log.warning("the second opinion is off until a restart: only %.0f MB of memory are free", left_mb)
        return None
    try:
        return shipped_second_opinion(time.thread_time)
    except ModelError as error:
        log.warning("the second opinion is off until a restart, and the classifier decides alone: %s", error)
        return None


def fuss_head() -> FussHead | None:
    """Return the head of fussing, or None, which the log explains, where it cannot be read."""
    try:
        return shipped_fuss_head()
    except ModelError as error:
        log.warning("stirring is not recognised until a restart, and crying is as before: %s", error)
        return None


def _clock_set(engine: DetectionEngine, bus: Bus, step_s: float) -> None:
    engine.clock_set(step_s)
    bus.publish(ClockSet(engine.now_s, step_s))


def _alerts(settings: Settings, folder: Path, engine: DetectionEngine, bus: Bus) -> AlertTask:
    home = Home(device_id(settings), settings.device.room, settings.notify.language)
    events = bus.subscribe("notify", only=AlertTask.EVENTS)
    return AlertTask(settings.notify, home, events, bus.publish, lambda: engine.now_s, NoticeStore(folder))


def _memory(
    folder: Path, strategy: SoothingStrategy, soothing: SoothingController, engine: DetectionEngine, bus: Bus
) -> MemoryTask:
    events = bus.subscribe("soothing-memory", only=MemoryTask.EVENTS)
    return MemoryTask(MemoryStore(folder), strategy.memory, lambda: soothing.tracks, events, bus, lambda: engine.now_s)


def _soothing(
    settings: Settings, strategy: SoothingStrategy, bus: Bus, player: Player | None, echo: EchoCancellation
) -> SoothingController:
    if player is None:
        player = MixerPlayer(settings.lullaby.device, shipped_tracks(), echo.reference)
    return SoothingController(strategy, player, bus.subscribe("soothe"), bus)
