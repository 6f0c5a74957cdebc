"""The composition root: builds every part of one nursery, each with what it needs of the others."""

import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from babycryd.bus import Bus
from babycryd.capture.listener import Ears
from babycryd.capture.ring import RingBuffer
from babycryd.capture.source import Source
from babycryd.checkup import Checkup
from babycryd.config import ConfigError, Settings, device_id, read_secret, state_folder
from babycryd.config.access import page_password
from babycryd.controls import ControlsFile
from babycryd.desk import Desk, Staff
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.tflite import shipped_classifier
from babycryd.detect.verifier import Mark
from babycryd.events import EpisodesMarked, Route
from babycryd.feedback.book import Entry
from babycryd.feedback.keeper import Keeper
from babycryd.feedback.store import Store
from babycryd.health import Away, HealthWatch
from babycryd.listen import Listener
from babycryd.nights import Nights
from babycryd.prover import Prover
from babycryd.soothe.player import MixerPlayer, Player
from babycryd.soothe.policy import SoothePolicy
from babycryd.soothe.soother import Soother
from babycryd.soothe.tracks import list_tracks
from babycryd.web.nursery import Nursery
from babycryd.witness import Witness

if TYPE_CHECKING:  # optional parts are imported only where they are wanted: each takes its time and memory
    from babycryd.clips.cabinet import Cabinet
    from babycryd.clips.keeper import ClipKeeper
    from babycryd.history.keeper import HistoryKeeper
    from babycryd.history.reporter import Reporter
    from babycryd.offload.office import Office
    from babycryd.publish.mqtt import MqttPublisher
    from babycryd.web.server import WebServer

log = logging.getLogger(__name__)

Run = Callable[[], Awaitable[None]]
_LEAST_RING_S = 3.0  # the sound test looks for its tone in there
_HISTORY_WAITS = 1024  # events, in some minutes of crying: nothing of them may be lost to a busy loop


@dataclass(frozen=True, slots=True)
class Hardware:
    """The two edges of the house. None: what the settings name; somebody who tests brings his own."""

    source: Source | None = None
    player: Player | None = None


AS_CONFIGURED = Hardware()


@dataclass(frozen=True, slots=True)
class Parts:
    """One nursery. Whatever may be None was not asked for."""

    bus: Bus
    ears: Ears
    listener: Listener
    soother: Soother
    desk: Desk
    keeper: Keeper
    health: HealthWatch
    witness: Witness
    prover: Prover | None
    history: "HistoryKeeper | None"
    clips: "ClipKeeper | None"
    reporter: "Reporter | None"
    office: "Office | None"
    publisher: "MqttPublisher | None"
    web: "WebServer | None"

    def optional(self) -> dict[str, Run]:
        """The tasks that the lullaby can do without, by name."""
        runs: dict[str, Run] = {"feedback": self.keeper.run, "health": self.health.run, "witness": self.witness.run}
        if self.prover is not None:
            runs["prover"] = self.prover.run
        if self.history is not None:
            runs["history"] = self.history.run
        if self.clips is not None:
            runs["clips"] = self.clips.run
        if self.reporter is not None:
            runs["report"] = self.reporter.run
        if self.publisher is not None:
            runs["mqtt"] = self.publisher.run
        if self.office is not None:
            runs["offload"] = self.office.run
        if self.web is not None:
            runs["web"] = self.web.run
        return runs


def build(settings: Settings, bus: Bus, alive: Callable[[], None], hardware: Hardware) -> Parts:
    """Every part that the settings ask for; `alive` is the watchdog's food. Raises ModelError, ConfigError."""
    ears = Ears(settings.capture, bus, hardware.source)
    classifier = shipped_classifier()
    pipeline = Pipeline(settings.detection, classifier)
    listener = Listener(ears, RingBuffer(max(settings.capture.pre_roll_s, _LEAST_RING_S)), pipeline, bus, alive)
    folder = state_folder(settings, os.environ)
    keeper = _keeper(folder, classifier.sha256, listener, bus)
    soother = _soother(settings, bus, hardware.player)
    desk = Desk(Staff(listener, soother, keeper), settings.detection, ControlsFile(folder), bus)
    office = _office(settings, listener)
    history = _history(settings, folder, classifier.sha256, bus, office)
    publisher = _publisher(settings, bus, soother, desk)
    clips = _clips(settings, folder, listener, bus)
    disk = _disk(history, clips)
    return Parts(
        bus=bus,
        ears=ears,
        listener=listener,
        soother=soother,
        desk=desk,
        keeper=keeper,
        health=_health(settings, ears, listener, bus, office, disk),
        history=history,
        clips=clips,
        reporter=_reporter(settings, listener, bus),
        witness=Witness(ears, listener, bus),
        prover=_prover(settings, ears, desk, bus),
        office=office,
        publisher=publisher,
        web=_web(
            settings,
            _nursery(settings, bus, ears, listener, soother, desk, _checkup(folder, publisher, office, disk)),
        ),
    )


def _prover(settings: Settings, ears: Ears, desk: Desk, bus: Bus) -> Prover | None:
    if not ears.source.can_be_muted:  # a recording does not hear our speaker
        return None
    return Prover(desk.self_test, settings.self_test, bus.subscribe("prover"), bus)


def _keeper(folder: Path, model: str, listener: Listener, bus: Bus) -> Keeper:
    def tell(marks: Mapping[str, bool]) -> None:
        bus.publish(EpisodesMarked(listener.now_s, tuple(marks.items())))

    return Keeper(Store(folder), model, bus.subscribe("feedback"), lambda marks: _heed(listener, marks), tell)


def _heed(listener: Listener, marks: Sequence[Entry]) -> None:
    listener.learn([Mark(np.array(one.embedding), cry=bool(one.cry)) for one in marks])
    if marks:
        log.info("heeding %d marks of earlier episodes", len(marks))


def _soother(settings: Settings, bus: Bus, player: Player | None) -> Soother:
    policy = SoothePolicy(settings.lullaby, list_tracks(settings.lullaby.folder))
    return Soother(policy, player or MixerPlayer(settings.lullaby), bus.subscribe("soothe"), bus)


def _health(
    settings: Settings,
    ears: Ears,
    listener: Listener,
    bus: Bus,
    office: "Office | None",
    disk: Callable[[], str | None],
) -> HealthWatch:
    def away() -> Away:
        if office is None:
            return Away()
        route: Route = "cloud" if office.cloud else "local"
        return Away(route, office.offloaded, office.trouble, office.month_told())

    speaker = settings.lullaby.device or "default"
    return HealthWatch(ears, listener, speaker, bus.subscribe("health"), bus, away, disk)


def _disk(*keepers: "HistoryKeeper | ClipKeeper | None") -> Callable[[], str | None]:
    """Why history or clips are not kept, if so."""
    wanted = [each for each in keepers if each is not None]
    return lambda: next((each.trouble for each in wanted if each.trouble), None)


def _history(settings: Settings, folder: Path, model: str, bus: Bus, office: "Office | None") -> "HistoryKeeper | None":
    if not settings.history.enabled:
        return None
    from babycryd.history.keeper import HistoryKeeper
    from babycryd.history.recorder import Recorder
    from babycryd.history.store import Limits
    from babycryd.history.writer import Writer

    def route() -> Route:
        return "cloud" if office is not None and office.cloud else "local"

    writer = Writer(folder, Limits(settings.history.keep_days, settings.history.max_mb))
    recorder = Recorder(model, settings.detection.threshold)
    return HistoryKeeper(recorder, writer, bus.subscribe("history", _HISTORY_WAITS), route)


def _office(settings: Settings, listener: Listener) -> "Office | None":
    if not settings.offload.enabled:
        return None
    from babycryd.offload.bucket import Bucket
    from babycryd.offload.ledger import Ledger
    from babycryd.offload.office import Office

    folder = state_folder(settings, os.environ)
    key = read_secret("offload_key", settings.offload.key_file, os.environ, whole=True)
    bucket = Bucket(settings.offload.bucket or "", key)
    device = device_id(settings)
    office = Office(settings.offload, device, bucket, lambda: Ledger(folder), listener, lambda: listener.lag_s)
    listener.on_piece = office.take
    return office


def _reporter(settings: Settings, listener: Listener, bus: Bus) -> "Reporter | None":
    if not settings.history.enabled or not settings.mqtt.host:  # nobody else hears of it
        return None
    from babycryd.history.archive import Archive
    from babycryd.history.reporter import Reporter

    archive = Archive(state_folder(settings, os.environ), settings.report)
    return Reporter(archive, bus.publish, lambda: listener.now_s, picture=settings.report.picture)


def _clips(settings: Settings, folder: Path, listener: Listener, bus: Bus) -> "ClipKeeper | None":
    if not settings.clips.enabled:
        return None
    from babycryd.clips.keeper import ClipKeeper
    from babycryd.clips.shelf import Shelf

    pre_roll_s = settings.capture.pre_roll_s
    return ClipKeeper(settings.clips, Shelf(folder), bus.subscribe("clips"), listener.ring.slice, pre_roll_s)


def _publisher(settings: Settings, bus: Bus, soother: Soother, desk: Desk) -> "MqttPublisher | None":
    if not settings.mqtt.host:
        return None
    from babycryd.publish.discovery import Home
    from babycryd.publish.journal import FILE, Scribe
    from babycryd.publish.mqtt import MqttPublisher

    password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
    scribe = Scribe(state_folder(settings, os.environ) / FILE)
    home = Home(device_id(settings), settings.device.room, soother.tracks)
    return MqttPublisher(settings.mqtt, password, home, bus.subscribe("mqtt"), desk.obey, scribe)


def _checkup(
    folder: Path, publisher: "MqttPublisher | None", office: "Office | None", disk: Callable[[], str | None]
) -> Checkup:
    return Checkup(
        broker=None if publisher is None else lambda: publisher.trouble,
        cloud=None if office is None else lambda: office.trouble,
        disk=disk,
        folder=folder,
    )


def lost(bus: Bus, ears: Ears) -> dict[str, int]:
    """What full queues and busy computers have cost since the start."""
    return bus.dropped | {"audio blocks": ears.source.dropped_blocks, "overflows": ears.source.overflows}


def _nursery(
    settings: Settings, bus: Bus, ears: Ears, listener: Listener, soother: Soother, desk: Desk, checkup: Checkup
) -> Nursery:
    return Nursery(
        device=device_id(settings),
        room=settings.device.room,
        bus=bus,
        obey=desk.obey,
        proof=listener.proof,
        now_s=lambda: listener.now_s,
        tracks=lambda: soother.tracks,
        findings=checkup,
        lost=lambda: lost(bus, ears),
        nights=_nights(settings),
        clips=_cabinet(settings),
    )


def _nights(settings: Settings) -> Nights | None:
    if not settings.history.enabled:
        return None
    from babycryd.history.archive import Archive

    return Archive(state_folder(settings, os.environ), settings.report)


def _cabinet(settings: Settings) -> "Cabinet | None":
    """Also where clips were switched off: those that there are can still be deleted."""
    from babycryd.clips.cabinet import Cabinet
    from babycryd.clips.shelf import FOLDER

    folder = state_folder(settings, os.environ)
    return Cabinet(folder) if settings.clips.enabled or (folder / FOLDER).exists() else None


def _web(settings: Settings, nursery: Nursery) -> "WebServer | None":
    if not settings.web.enabled:
        return None
    from babycryd.web.server import WebServer

    def read_hash() -> str:
        try:
            found = page_password(settings, os.environ)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        if found is None:
            raise ValueError("there is no password any more")
        return found

    locked = page_password(settings, os.environ) is not None
    folder = state_folder(settings, os.environ)
    return WebServer(settings.web, nursery, folder, read_hash if locked else None)
