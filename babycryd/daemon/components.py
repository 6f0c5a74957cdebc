"""Table of the daemon's components: each optional one has a builder, which imports its room only where it is used.

A new optional component is a builder that returns None unless the settings want it, and a line in `_OPTIONAL`.
A builder that raises does not end the daemon: `daemon/opening.py` tries it again.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from babycryd.config import Settings, device_id
from babycryd.config.access import offload_key
from babycryd.core.device_status import DeviceStatus
from babycryd.core.events import WindowScored
from babycryd.core.supervision import Component, Work
from babycryd.daemon.alerts import build_alerts
from babycryd.daemon.baby_buddy import build_baby_buddy
from babycryd.daemon.broker import build_mqtt, mqtt_module
from babycryd.daemon.control_socket import build_control_socket
from babycryd.daemon.model import build_models
from babycryd.daemon.opening import Opening
from babycryd.daemon.overview import build_overview
from babycryd.daemon.page import build_page, page_module
from babycryd.daemon.sounds import (
    build_echo,
    build_listen_in,
    build_loudness,
    build_lullaby_trials,
    build_self_test,
    build_soothing_memory,
)
from babycryd.daemon.vital_parts import Core
from babycryd.monitoring.clock_watch import ClockWatch
from babycryd.monitoring.health import HealthMonitor, OffloadStatus, OptionalHealth
from babycryd.monitoring.liveness_watchdog import LivenessWatchdog
from babycryd.monitoring.state_folder import StateFolderWatch

log = logging.getLogger(__name__)

# The steps of stopping take two seconds together, of which MQTT takes one at most
_FADE_LIMIT_S: Final = 0.8
_DISK_LIMIT_S: Final = 0.4
_HISTORY_QUEUE: Final = 1024  # events, some minutes of crying: a busy loop must lose none


@dataclass(frozen=True, slots=True)
class OptionalComponent:
    """Row of the table: an optional component, and how it stops; the fields are those of `Component`."""

    name: str
    build: Callable[[Settings, Core], Work | None]  # None: the settings do not want it
    stop_after: tuple[str, ...] = ()
    ends_itself: bool = False
    module: Callable[[Settings], str | None] = lambda _: None  # heavy one that a wanted component needs


def components(settings: Settings, core: Core, recording_over: Callable[[], None]) -> tuple[Component, ...]:
    """Return every component that the settings ask for. `recording_over` is called at the end of a recording."""
    openings = [(each, _opening(each, settings, core)) for each in _OPTIONAL]
    optional = [
        Component(row.name, opening.run, opening.close, stop_after=row.stop_after, ends_itself=row.ends_itself)
        for row, opening in openings
        if opening.is_wanted
    ]
    told = Component("opened", partial(_tell_opened, [opening for _, opening in openings if opening.is_wanted]))
    return (*_vital(core, recording_over), *optional, told)


def _opening(row: OptionalComponent, settings: Settings, core: Core) -> Opening:
    build, module = partial(row.build, settings, core), row.module(settings)
    return Opening(row.name, build, core.bus, core.status.closed, module=module)


async def _tell_opened(openings: Sequence[Opening]) -> None:
    """Log when every component was tried once: the daemon listens before page, broker and report are loaded."""
    for each in openings:
        await each.tried.wait()
    log.info("every part has begun")


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


def build_clock(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # a `Builder`
    """Build the watch over the wall clock and the retention clock."""
    return Work(ClockWatch(core.clock, core.retention).run)


def build_offload(settings: Settings, core: Core) -> Work | None:
    """Build the offloader to the cloud, where it is enabled. Raises ConfigError."""
    if not settings.offload.enabled:
        return None
    from babycryd.offload.bucket import Bucket
    from babycryd.offload.ledger import Ledger
    from babycryd.offload.offloader import Offloader

    engine, folder = core.engine, core.folder
    bucket = Bucket(settings.offload.bucket or "", offload_key(settings, os.environ))
    device = device_id(settings)
    ledger = partial(Ledger, folder, core.retention.now)
    offloader = Offloader(settings.offload, device, bucket, ledger, engine, lambda: engine.lag_s)
    engine.on_piece = offloader.take
    core.status.route = lambda: "cloud" if offloader.cloud else "local"
    core.status.cloud = lambda: offloader.trouble
    core.status.offload = lambda: OffloadStatus(
        core.status.route(), offloader.offloaded, offloader.trouble, offloader.cloud_month()
    )
    return Work(offloader.run)


def build_history(settings: Settings, core: Core) -> Work | None:
    """Build the history of the nights, unless it was switched off."""
    if not settings.history.enabled:
        return None
    from babycryd.history.recorder import Recorder
    from babycryd.history.retention import RetentionLimits
    from babycryd.history.task import HistoryTask, HistoryWriter

    limits = RetentionLimits(settings.history.keep_days, settings.history.max_mb)
    writer = HistoryWriter(core.folder, limits, core.retention.now)
    recorder = Recorder(core.model_sha256, settings.detection.threshold)
    events = core.bus.subscribe("history", _HISTORY_QUEUE, unhurried=(WindowScored,))
    history = HistoryTask(recorder, writer, events, core.status.current_route, core.clock, core.bus.publish)
    core.status.stores.append(lambda: history.trouble)
    return Work(history.run, partial(history.close, _DISK_LIMIT_S))


def build_clips(settings: Settings, core: Core) -> Work | None:
    """Build the recordings of episodes, where the owner has consented."""
    if not settings.clips.enabled:
        return None
    from babycryd.clips.store import ClipStore
    from babycryd.clips.task import ClipTask

    events, pre_roll_s = core.bus.subscribe("clips"), settings.capture.pre_roll_s
    store, cut = ClipStore(core.folder), core.engine.ring.slice
    clips = ClipTask(settings.clips, store, events, cut, pre_roll_s, core.retention.now)
    core.status.stores.append(lambda: clips.trouble)
    return Work(clips.run, partial(clips.close, _DISK_LIMIT_S))


def build_state_folder(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the watch over the state folder."""
    watch = StateFolderWatch(core.folder)
    core.status.stores.append(lambda: watch.trouble)
    return Work(watch.run)


def build_feedback(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the task of the owner's marks."""
    return Work(core.feedback.run)


def build_home(settings: Settings, core: Core) -> Work | None:
    """Build the task that learns this home, unless it was switched off."""
    if not settings.feedback.learn_home:
        return None
    from babycryd.feedback.home_store import HomeStore
    from babycryd.feedback.home_task import HomeTask

    events = core.bus.subscribe("home", only=HomeTask.EVENTS)
    learn, now_s = core.learner.learn_sounds, lambda: core.engine.now_s
    return Work(HomeTask(HomeStore(core.folder), core.model_sha256, events, learn, now_s).run)


def build_health(settings: Settings, core: Core) -> Work:
    """Build the health monitor, which reports once a minute."""
    speaker = settings.lullaby.device or "default"
    events = core.bus.subscribe("health", only=DeviceStatus.EVENTS)
    status = core.status
    optional = OptionalHealth(
        offload=status.cloud_status,
        disk=status.disk,
        broker=status.broker_trouble,
        alerts=lambda: core.alerts.trouble,
        closed=status.closed,
        echo=core.echo.trouble,
        listeners=lambda: core.broadcast.listeners,
        model=status.model_health,
    )
    return Work(HealthMonitor(core.capture, core.engine, speaker, events, core.bus, optional).run)


def build_liveness(settings: Settings, core: Core) -> Work:  # noqa: ARG001  # as of `OptionalComponent.build`
    """Build the watchdog over everything behind the microphone."""
    return Work(LivenessWatchdog(core.capture, core.engine, core.bus).run)


def _report_module(settings: Settings) -> str | None:
    return "babycryd.report.task" if settings.history.enabled else None


def build_report(settings: Settings, core: Core) -> Work | None:
    """Build the report of nights and weeks, for the broker, the recipients of alerts and the log."""
    if not settings.history.enabled:
        return None
    from babycryd.history.store import HistoryReader
    from babycryd.report.nights import NightQueries
    from babycryd.report.task import ReportTask

    queries = NightQueries(HistoryReader(core.folder), settings.report, pictures=core.pictures)
    picture = settings.report.picture and bool(settings.mqtt.host)
    report = ReportTask(queries, core.bus.publish, lambda: core.engine.now_s, picture=picture)
    return Work(report.run)


# The bus delivers an event, and the tasks start, in this order.
_OPTIONAL: Final = (
    OptionalComponent("clock", build_clock),
    OptionalComponent("state-folder", build_state_folder),
    OptionalComponent("feedback", build_feedback),
    OptionalComponent("home", build_home),
    OptionalComponent("models", build_models, stop_after=("pipeline",)),
    OptionalComponent("soothing-memory", build_soothing_memory),
    OptionalComponent("lullaby-trials", build_lullaby_trials),
    OptionalComponent("echo", build_echo),
    OptionalComponent("offload", build_offload, stop_after=("listen",)),
    OptionalComponent("history", build_history, stop_after=("soothe", "mqtt")),
    OptionalComponent("clips", build_clips, stop_after=("history", "mqtt")),
    OptionalComponent("baby-buddy", build_baby_buddy),
    OptionalComponent("mqtt", build_mqtt, stop_after=("soothe",), ends_itself=True, module=mqtt_module),
    OptionalComponent("notify", build_alerts, stop_after=("pipeline",)),
    OptionalComponent("health", build_health),
    OptionalComponent("liveness", build_liveness),
    OptionalComponent("self-test", build_self_test),
    OptionalComponent("loudness", build_loudness),
    OptionalComponent("report", build_report, module=_report_module),
    OptionalComponent("listen-in", build_listen_in),
    OptionalComponent("overview", build_overview),
    OptionalComponent("web", build_page, module=page_module),
    OptionalComponent("control-socket", build_control_socket),
)
