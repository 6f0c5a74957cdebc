"""Vital parts: capture, detection, soothing and the dispatcher of commands, each built with what it needs."""

import logging
import os
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
from babycryd.daemon.model import ChosenModel, chosen_model
from babycryd.daemon.optional_status import OptionalStatus
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.feedback.learner import Learner
from babycryd.feedback.task import FeedbackTask
from babycryd.listen_in.broadcast import Broadcast
from babycryd.model_channel.shadow_tap import ShadowTap
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
from babycryd.system.retention_clock import RetentionClock
from babycryd.system.wall_clock import WallClock
from babycryd.system.worker_process import WorkerProcess

log = logging.getLogger(__name__)

_LEAST_RING_S: Final = 3.0  # the self-test looks for its probe signal in the ring


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
    model: ChosenModel
    tap: ShadowTap
    restart: Callable[[], None]
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

    @property
    def model_sha256(self) -> str:
        """Name of the model that decides."""
        return self.model.classifier.sha256

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
    restart: Callable[[], None] = lambda: None,
) -> Core:
    """Build the vital parts. `alive` is called whenever audio was judged: it feeds the watchdog.

    `restart` ends the daemon so that it starts again.

    Raises ModelError, ConfigError.
    """
    clock, folder = WallClock(), state_folder(settings, os.environ)
    hearing = _hearing(settings, bus, alive, hardware.source, clock, folder)
    engine, model = hearing.engine, hearing.model
    clock.on_set = partial(_clock_set, engine, bus)
    learner, feedback = _learning(hearing, folder, bus)
    library = TrackLibrary(settings.lullaby.folder, folder / VOICES)
    strategy = strategy_of(settings.lullaby, library.tracks, settings.soothing)
    soothing = _soothing(settings, strategy, bus, hardware.player, hearing.echo)
    sounds = _memory(folder, strategy, soothing, engine, bus)
    targets = CommandTargets(engine, soothing, feedback, _alerts(settings, folder, engine, bus), sounds)
    dispatcher, loudness = _controls(settings, targets, folder, bus)
    core = Core(
        bus=bus,
        capture=hearing.capture,
        engine=engine,
        soothing=soothing,
        feedback=feedback,
        alerts=targets.alerts,
        sounds=sounds,
        learner=learner,
        dispatcher=dispatcher,
        loudness=loudness,
        library=library,
        echo=hearing.echo,
        broadcast=Broadcast(settings.listen_in, hearing.ring, bus.publish, settings.detection.gate),
        folder=folder,
        model=model,
        tap=hearing.tap,
        restart=restart,
        status=OptionalStatus(),
        clock=clock,
        retention=RetentionClock(folder),
        page_settings=page_settings,
    )
    library.use = core.use_tracks
    core.on_reload.append(library.refresh)
    return core


@dataclass(frozen=True, slots=True)
class _Hearing:
    """Parts from the microphone to the detection engine."""

    capture: CaptureSupervisor
    engine: DetectionEngine
    echo: EchoCancellation
    tap: ShadowTap
    ring: RingBuffer
    model: ChosenModel
    second: SecondOpinion | None


def _hearing(
    settings: Settings, bus: Bus, alive: Callable[[], None], source: Source | None, clock: WallClock, folder: Path
) -> _Hearing:
    """Build the parts that hear. Raises ModelError, ConfigError."""
    source = source or source_of(settings.capture, partial(stream_password, settings.capture, os.environ))
    capture = CaptureSupervisor(settings.capture, bus, source, utc=clock.now)
    model = chosen_model(settings, folder)
    ring = RingBuffer(max(settings.capture.pre_roll_s, _LEAST_RING_S))
    echo = echo_cancellation(settings.echo, capture.source, lambda: capture.now_s)
    tap = ShadowTap(echo.canceller)
    second, hop_filter = model.second_opinion(settings.detection), tap if model.watched else echo.canceller
    pipeline = Pipeline(settings.detection, model.classifier, second, model.fussing, hop_filter)
    return _Hearing(capture, DetectionEngine(capture, ring, pipeline, bus, alive), echo, tap, ring, model, second)


def _learning(hearing: _Hearing, folder: Path, bus: Bus) -> tuple[Learner, FeedbackTask]:
    """Build what learns this home from the owner's marks, for the networks that hear."""
    classifier, second = hearing.model.classifier, hearing.second
    learner = Learner(classifier.reference, hearing.engine.use, second.reference if second else None)
    models = classifier.sha256, second.model if second else ""
    return learner, build_feedback(folder, models, learner, hearing.engine, bus)


def _controls(
    settings: Settings, targets: CommandTargets, folder: Path, bus: Bus
) -> tuple[Dispatcher, LoudnessControl]:
    loudness = LoudnessControl(settings.lullaby, targets.soothing, LoudnessFile(folder))
    dispatcher = Dispatcher(targets, settings.detection, ControlsFile(folder), bus, loudness=loudness.loudness)
    loudness.on_change = dispatcher.publish_again
    return dispatcher, loudness


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
