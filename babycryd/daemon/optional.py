"""What a nursery may have besides. Each is imported only where it is wanted: it takes its time and memory."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from babycryd.config import Settings, device_id, read_secret
from babycryd.core.device_status import DeviceStatus
from babycryd.core.events import Route
from babycryd.daemon.core import Core
from babycryd.monitoring.health import HealthMonitor, OffloadStatus
from babycryd.monitoring.self_test_task import SelfTestTask

if TYPE_CHECKING:
    from babycryd.clips.task import ClipTask
    from babycryd.history.task import HistoryTask
    from babycryd.mqtt.publisher import MqttPublisher
    from babycryd.offload.offloader import Offloader
    from babycryd.report.nights import ReportTask

_HISTORY_WAITS = 1024  # events, in some minutes of crying: nothing of them may be lost to a busy loop


def build_self_test_task(settings: Settings, core: Core) -> SelfTestTask | None:
    """A recording does not hear our speaker."""
    if not core.capture.source.can_be_muted:
        return None
    return SelfTestTask(core.dispatcher.self_test, settings.self_test, core.bus.subscribe("prover"), core.bus)


def build_health(
    settings: Settings, core: Core, offloader: "Offloader | None", disk: Callable[[], str | None]
) -> HealthMonitor:
    """`disk`: why something is not kept, if so."""

    def away() -> OffloadStatus:
        if offloader is None:
            return OffloadStatus()
        return OffloadStatus(_route(offloader), offloader.offloaded, offloader.trouble, offloader.month_told())

    speaker = settings.lullaby.device or "default"
    events = core.bus.subscribe("health", only=DeviceStatus.HEEDS)
    return HealthMonitor(core.capture, core.engine, speaker, events, core.bus, away, disk)


def build_offloader(settings: Settings, core: Core) -> "Offloader | None":
    """Where the cloud is wanted. Raises ConfigError."""
    if not settings.offload.enabled:
        return None
    from babycryd.offload.bucket import Bucket
    from babycryd.offload.ledger import Ledger
    from babycryd.offload.offloader import Offloader

    engine, folder = core.engine, core.folder
    key = read_secret("offload_key", settings.offload.key_file, os.environ, whole=True)
    bucket = Bucket(settings.offload.bucket or "", key)
    device = device_id(settings)
    offloader = Offloader(settings.offload, device, bucket, lambda: Ledger(folder), engine, lambda: engine.lag_s)
    engine.on_piece = offloader.take
    return offloader


def build_history(settings: Settings, core: Core, offloader: "Offloader | None") -> "HistoryTask | None":
    """Unless it was switched off."""
    if not settings.history.enabled:
        return None
    from babycryd.history.recorder import Recorder
    from babycryd.history.store import Limits
    from babycryd.history.task import HistoryTask, HistoryWriter

    writer = HistoryWriter(core.folder, Limits(settings.history.keep_days, settings.history.max_mb))
    recorder = Recorder(core.model_sha256, settings.detection.threshold)
    events = core.bus.subscribe("history", _HISTORY_WAITS)
    return HistoryTask(recorder, writer, events, lambda: _route(offloader), tell=core.bus.publish)


def build_report_task(settings: Settings, core: Core) -> "ReportTask | None":
    """Where the home is told; nobody else hears of it."""
    if not settings.history.enabled or not settings.mqtt.host:
        return None
    from babycryd.history.reader import HistoryReader
    from babycryd.report.nights import NightQueries, ReportTask

    queries = NightQueries(HistoryReader(core.folder), settings.report)
    return ReportTask(queries, core.bus.publish, lambda: core.engine.now_s, picture=settings.report.picture)


def build_clips(settings: Settings, core: Core) -> "ClipTask | None":
    """Where the owner has consented."""
    if not settings.clips.enabled:
        return None
    from babycryd.clips.store import ClipStore
    from babycryd.clips.task import ClipTask

    events, pre_roll_s = core.bus.subscribe("clips"), settings.capture.pre_roll_s
    return ClipTask(settings.clips, ClipStore(core.folder), events, core.engine.ring.slice, pre_roll_s)


def build_publisher(settings: Settings, core: Core) -> "MqttPublisher | None":
    """Where there is a broker. Raises ConfigError."""
    if not settings.mqtt.host:
        return None
    from babycryd.mqtt.discovery import AnnouncedDevice
    from babycryd.mqtt.outbox_store import FILE, OutboxStore
    from babycryd.mqtt.publisher import MqttPublisher

    password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
    store = OutboxStore(core.folder / FILE)
    home = AnnouncedDevice(device_id(settings), settings.device.room, core.soothing.tracks)
    return MqttPublisher(
        settings.mqtt, password, home, core.bus.subscribe("mqtt"), core.dispatcher.dispatch, store, core.bus.publish
    )


def _route(offloader: "Offloader | None") -> Route:
    return "cloud" if offloader is not None and offloader.cloud else "local"
