"""The composition root: builds every part of one nursery, each with what it needs of the others."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from babycryd.config import Settings
from babycryd.core.bus import Bus
from babycryd.daemon.core import Core, Hardware, build_core
from babycryd.daemon.optional import (
    build_clips,
    build_health,
    build_history,
    build_offloader,
    build_publisher,
    build_report_task,
    build_self_test_task,
)
from babycryd.daemon.page import build_page
from babycryd.monitoring.checks import ServiceChecks
from babycryd.monitoring.health import HealthMonitor
from babycryd.monitoring.liveness_watchdog import LivenessWatchdog
from babycryd.monitoring.self_test_task import SelfTestTask

if TYPE_CHECKING:
    from babycryd.clips.task import ClipTask
    from babycryd.history.task import HistoryTask
    from babycryd.mqtt.publisher import MqttPublisher
    from babycryd.offload.offloader import Offloader
    from babycryd.report.nights import ReportTask
    from babycryd.web.server import WebServer

__all__ = ["AS_CONFIGURED", "Hardware", "Parts", "build"]

Run = Callable[[], Awaitable[None]]
AS_CONFIGURED = Hardware()


class _Task(Protocol):
    async def run(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """One nursery. Whatever may be None was not asked for."""

    core: Core
    health: HealthMonitor
    watchdog: LivenessWatchdog
    self_test_task: SelfTestTask | None
    history: "HistoryTask | None"
    clips: "ClipTask | None"
    report_task: "ReportTask | None"
    offloader: "Offloader | None"
    publisher: "MqttPublisher | None"
    web: "WebServer | None"

    def optional(self) -> dict[str, Run]:
        """The tasks that the lullaby can do without, by name."""
        parts: dict[str, _Task | None] = {
            "feedback": self.core.keeper,
            "health": self.health,
            "witness": self.watchdog,
            "prover": self.self_test_task,
            "history": self.history,
            "clips": self.clips,
            "report": self.report_task,
            "mqtt": self.publisher,
            "offload": self.offloader,
            "web": self.web,
        }
        return {name: part.run for name, part in parts.items() if part is not None}


def build(settings: Settings, bus: Bus, alive: Callable[[], None], hardware: Hardware) -> Parts:
    """Every part that the settings ask for; `alive` is the watchdog's food. Raises ModelError, ConfigError."""
    core = build_core(settings, bus, alive, hardware)
    offloader = build_offloader(settings, core)
    history = build_history(settings, core, offloader)
    clips = build_clips(settings, core)
    publisher = build_publisher(settings, core)
    disk = _disk(history, clips)
    checks = ServiceChecks(
        broker=None if publisher is None else lambda: publisher.trouble,
        cloud=None if offloader is None else lambda: offloader.trouble,
        disk=disk,
        folder=core.folder,
    )
    return Parts(
        core=core,
        health=build_health(settings, core, offloader, disk),
        watchdog=LivenessWatchdog(core.capture, core.engine, bus),
        self_test_task=build_self_test_task(settings, core),
        history=history,
        clips=clips,
        report_task=build_report_task(settings, core),
        offloader=offloader,
        publisher=publisher,
        web=build_page(settings, core, checks),
    )


def _disk(*keepers: "HistoryTask | ClipTask | None") -> Callable[[], str | None]:
    """Why history or clips are not kept, if so."""
    wanted = [each for each in keepers if each is not None]
    return lambda: next((each.trouble for each in wanted if each.trouble), None)
