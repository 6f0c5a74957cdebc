"""Table of the daemon's components: each optional one is a builder, which imports its room only where it is used.

A new optional component is a builder that returns None unless the settings want it, and a line in `_OPTIONAL`.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from functools import partial
from typing import Final

from babycryd.config import Settings, device_id, read_secret
from babycryd.core.device_status import DeviceStatus
from babycryd.core.supervision import Component
from babycryd.daemon.page import build_page
from babycryd.daemon.vital_parts import Core
from babycryd.monitoring.health import HealthMonitor, OffloadStatus
from babycryd.monitoring.liveness_watchdog import LivenessWatchdog
from babycryd.monitoring.self_test_task import SelfTestTask

log = logging.getLogger(__name__)

# The steps of stopping take two seconds together, of which MQTT takes one at most
_FADE_LIMIT_S: Final = 0.8
_DISK_LIMIT_S: Final = 0.4
_HISTORY_QUEUE: Final = 1024  # events, some minutes of crying: a busy loop must lose none

Builder = Callable[[Settings, Core], Component | None]


def components(settings: Settings, core: Core, recording_over: Callable[[], None]) -> tuple[Component, ...]:
    """Return every component that the settings ask for. `recording_over` is called at the end of a recording.

    Raises ConfigError.
    """
    optional = (build(settings, core) for build in _OPTIONAL)
    return (*_vital(core, recording_over), *(each for each in optional if each is not None))


def _vital(core: Core, recording_over: Callable[[], None]) -> tuple[Component, ...]:
    engine, soothing = core.engine, core.soothing
    fade, finish = partial(soothing.close, _FADE_LIMIT_S), partial(engine.finish, "stopped")
    return (
        Component("soothe", soothing.run, close=fade, vital=True, stop_after=("pipeline",)),
        Component("listen", partial(_listen, core, recording_over), vital=True),
        Component("pipeline", close=finish, stop_after=("listen", "offload")),  # ends the running episode
        Component("dispatcher", core.dispatcher.run, vital=True),
    )


async def _listen(core: Core, recording_over: Callable[[], None]) -> None:
    await core.engine.run()
    log.info("the recording is over")
    recording_over()
    await asyncio.Event().wait()  # until the other components have ended


def build_offload(settings: Settings, core: Core) -> Component | None:
    """Build the offloader to the cloud, where it is enabled. Raises ConfigError."""
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
    core.status.route = lambda: "cloud" if offloader.cloud else "local"
    core.status.cloud = lambda: offloader.trouble
    core.status.offload = lambda: OffloadStatus(
        core.status.route(), offloader.offloaded, offloader.trouble, offloader.cloud_month()
    )
    return Component("offload", offloader.run, stop_after=("listen",))


def build_history(settings: Settings, core: Core) -> Component | None:
    """Build the history of the nights, unless it was switched off."""
    if not settings.history.enabled:
        return None
    from babycryd.history.recorder import Recorder
    from babycryd.history.store import RetentionLimits
    from babycryd.history.task import HistoryTask, HistoryWriter

    writer = HistoryWriter(core.folder, RetentionLimits(settings.history.keep_days, settings.history.max_mb))
    recorder = Recorder(core.model_sha256, settings.detection.threshold)
    events = core.bus.subscribe("history", _HISTORY_QUEUE)
    history = HistoryTask(recorder, writer, events, core.status.route, publish=core.bus.publish)
    core.status.stores.append(lambda: history.trouble)
    return Component("history", history.run, close=partial(history.close, _DISK_LIMIT_S), stop_after=("soothe", "mqtt"))


def build_clips(settings: Settings, core: Core) -> Component | None:
    """Build the recordings of episodes, where the owner has consented."""
    if not settings.clips.enabled:
        return None
    from babycryd.clips.store import ClipStore
    from babycryd.clips.task import ClipTask

    events, pre_roll_s = core.bus.subscribe("clips"), settings.capture.pre_roll_s
    clips = ClipTask(settings.clips, ClipStore(core.folder), events, core.engine.ring.slice, pre_roll_s)
    core.status.stores.append(lambda: clips.trouble)
    return Component("clips", clips.run, close=partial(clips.close, _DISK_LIMIT_S), stop_after=("history", "mqtt"))


def build_mqtt(settings: Settings, core: Core) -> Component | None:
    """Build the MQTT publisher and its commands, where there is a broker. Raises ConfigError."""
    if not settings.mqtt.host:
        return None
    from babycryd.mqtt.discovery import AnnouncedDevice
    from babycryd.mqtt.outbox_store import FILE, OutboxStore
    from babycryd.mqtt.publisher import MqttPublisher

    password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
    store = OutboxStore(core.folder / FILE)
    home = AnnouncedDevice(device_id(settings), settings.device.room, core.soothing.tracks)
    publisher = MqttPublisher(
        settings.mqtt, password, home, core.bus.subscribe("mqtt"), core.dispatcher.dispatch, store, core.bus.publish
    )
    core.status.broker = lambda: publisher.trouble
    core.on_reload.append(publisher.reload)
    return Component("mqtt", publisher.run, close=publisher.close, stop_after=("soothe",), ends_itself=True)


def build_feedback(settings: Settings, core: Core) -> Component:  # noqa: ARG001  # a `Builder`
    """Build the task of the owner's marks."""
    return Component("feedback", core.feedback.run)


def build_health(settings: Settings, core: Core) -> Component:
    """Build the health monitor, which reports once a minute."""
    speaker = settings.lullaby.device or "default"
    events = core.bus.subscribe("health", only=DeviceStatus.EVENTS)
    status = core.status
    broker = status.broker or (lambda: None)
    health = HealthMonitor(core.capture, core.engine, speaker, events, core.bus, status.offload, status.disk, broker)
    return Component("health", health.run)


def build_liveness(settings: Settings, core: Core) -> Component:  # noqa: ARG001  # a `Builder`
    """Build the watchdog over everything behind the microphone."""
    return Component("liveness", LivenessWatchdog(core.capture, core.engine, core.bus).run)


def build_self_test(settings: Settings, core: Core) -> Component | None:
    """Build the self-test of the microphone, where the microphone hears the speaker."""
    if not core.capture.source.traits.hears_speaker:
        return None
    events = core.bus.subscribe("self-test")
    return Component("self-test", SelfTestTask(core.dispatcher.self_test, settings.self_test, events, core.bus).run)


def build_report(settings: Settings, core: Core) -> Component | None:
    """Build the morning report, where there is a broker to publish it."""
    if not settings.history.enabled or not settings.mqtt.host:
        return None
    from babycryd.history.reader import HistoryReader
    from babycryd.report.nights import NightQueries, ReportTask

    queries = NightQueries(HistoryReader(core.folder), settings.report)
    report = ReportTask(queries, core.bus.publish, lambda: core.engine.now_s, picture=settings.report.picture)
    return Component("report", report.run)


# The bus delivers an event, and the tasks start, in this order. Components that write to `Core.status` come before
# those that read it: history, health and the page.
_OPTIONAL: Final[tuple[Builder, ...]] = (
    build_feedback,
    build_offload,
    build_history,
    build_clips,
    build_mqtt,
    build_health,
    build_liveness,
    build_self_test,
    build_report,
    build_page,
)
