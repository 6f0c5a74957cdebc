"""Health monitor: measures the health of the daemon once a minute and publishes it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus, Subscription
from babycryd.core.device_status import DeviceStatus
from babycryd.core.events import HealthMeasured, Route
from babycryd.core.health_parts import CloudMonth, ModelHealth
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.monitoring.update_check import failed_update
from babycryd.system.vitals import CpuMeter, rss_mb, temperature_c

EVERY_S: Final = 60.0
_FIRST_AFTER_S: Final = 5.0  # so that a dashboard need not wait for a minute


@dataclass(frozen=True, slots=True)
class OffloadStatus:
    """Status of the cloud: route, count of segments, trouble and usage."""

    route: Route = "local"  # of the next segment
    segments: int = 0  # since the start
    trouble: str | None = None
    month: CloudMonth | None = None


def _no_trouble() -> None:
    """Return the trouble of a component that has none."""


@dataclass(frozen=True, slots=True)
class OptionalHealth:
    """What health asks of the optional components, anew at each measurement."""

    offload: Callable[[], OffloadStatus] = OffloadStatus
    disk: Callable[[], str | None] = _no_trouble  # why history or clips cannot be written
    broker: Callable[[], str | None] = _no_trouble  # why messages do not reach the broker or the home
    alerts: Callable[[], str | None] = _no_trouble  # why alerts do not reach their recipients
    closed: Mapping[str, str] = field(default_factory=dict)  # by component that could not be opened, why
    echo: Callable[[], str | None] = _no_trouble  # why the own sound is not taken out of the microphone's
    listeners: Callable[[], int] = int  # number of listeners of the live sound; 0 without a broadcast
    model: Callable[[], ModelHealth | None] = lambda: None  # of the model channel; None: it is off
    update: Callable[[], str | None] = failed_update


_NO_OPTIONAL: Final = OptionalHealth()


class HealthMonitor:
    """Monitor that publishes `HealthMeasured` once a minute; an optional task, `run`."""

    def __init__(
        self,
        capture: CaptureSupervisor,
        engine: DetectionEngine,
        speaker: str,
        subscription: Subscription,
        bus: Bus,
        optional: OptionalHealth = _NO_OPTIONAL,
    ) -> None:
        """`speaker`: its name."""
        self._optional = optional
        self._capture = capture
        self._engine = engine
        self._speaker = speaker
        self._events = subscription
        self._bus = bus
        self._devices = DeviceStatus()
        self._cpu = CpuMeter()
        self._started_s = time.monotonic()

    async def run(self) -> None:
        """Measure and publish the health until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="health-follow")
            group.create_task(self._measure_for_ever(), name="health-measure")

    async def _follow(self) -> None:
        async for event in self._events:
            self._devices.note(event)

    async def _measure_for_ever(self) -> None:
        await asyncio.sleep(_FIRST_AFTER_S)
        while True:
            self._bus.publish(self._measure())
            await asyncio.sleep(EVERY_S)

    def _measure(self) -> HealthMeasured:
        offload, devices = self._optional.offload(), self._devices
        return HealthMeasured(
            at_s=self._engine.now_s,
            utc_s=time.time(),
            uptime_s=time.monotonic() - self._started_s,
            cpu_percent=self._cpu.percent(),
            rss_mb=rss_mb(),
            lag_s=self._engine.take_lag_s(),
            dropped_blocks=self._capture.source.dropped_blocks,
            route=offload.route,
            offloaded_segments=offload.segments,
            last_window_utc_s=self._engine.last_window_utc_s,
            microphone=devices.microphone,
            speaker=None if devices.speaker_trouble else self._speaker,
            temperature_c=temperature_c(),
            microphone_trouble=devices.microphone_trouble,
            listening=self._engine.liveness().listening,
            self_test=devices.self_test,
            cloud=offload.trouble,
            cloud_month=offload.month,
            disk=self._optional.disk(),
            closed=tuple(self._optional.closed.items()),
            broker=self._optional.broker(),
            alerts=self._optional.alerts(),
            stream=self._capture.stream_health,
            echo=self._optional.echo(),
            listeners=self._optional.listeners(),
            model=self._optional.model(),
            update=self._optional.update(),
        )
