"""Where orders arrive: each goes to the part that can obey it, and what it sets is kept and told."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from babycryd.control.controls import Controls, ControlsFile
from babycryd.core.bus import Bus
from babycryd.core.commands import (
    Command,
    CommandResult,
    Feedback,
    PlayLullaby,
    PlayTestTone,
    SetThreshold,
    SetVolume,
    Snooze,
    StopLullaby,
)
from babycryd.core.events import ControlsChanged
from babycryd.detect.settings import DetectionSettings
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.feedback.task import FeedbackTask
from babycryd.monitoring.self_test import SelfTest
from babycryd.soothe.controller import SoothingController

log = logging.getLogger(__name__)
_TELL_EVERY_S: Final = 60.0  # how long a snooze still lasts


@dataclass(frozen=True, slots=True)
class CommandTargets:
    """Who obeys."""

    engine: DetectionEngine
    soothing: SoothingController
    keeper: FeedbackTask


class Dispatcher:
    """`run` it for as long as the daemon runs: a snooze must end."""

    def __init__(
        self,
        staff: CommandTargets,
        detection: DetectionSettings,
        file: ControlsFile,
        bus: Bus,
        utc: Callable[[], float] = time.time,
    ) -> None:
        self._staff = staff
        self.self_test = SelfTest(staff.engine, staff.soothing, bus)
        self._detection = detection
        self._file = file
        self._bus = bus
        self._utc = utc
        self._controls = Controls()
        self._snooze_ends_s: float | None = None  # of the loop's clock, which nobody sets
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Take up what was set before the restart; then end snoozes, in time."""
        kept = await asyncio.to_thread(self._file.read)
        self._controls = replace(kept.under(self._detection.threshold), snoozed_until_utc_s=None)
        self._staff.soothing.set_share(self._controls.volume_percent / 100)
        self._staff.engine.apply(self._in_force)
        await self._snooze(kept.snooze_left_s(self._utc()))
        while True:
            self._tell()
            self._changed.clear()
            await self._wait()
            if self._snooze_ends_s is not None and self._left_s <= 0:
                await self._snooze(0.0)
                log.info("the snooze is over")

    async def obey(self, order: Command) -> CommandResult:
        """The one door for commands. Raises OrderError."""
        match order:
            case Feedback():
                return await self._staff.keeper.obey(order)
            case PlayLullaby() | StopLullaby():
                return await self._staff.soothing.obey(order)
            case PlayTestTone():
                return await self.self_test.run()
            case SetVolume(percent=percent):
                self._staff.soothing.set_share(percent / 100)
                return await self._keep(replace(self._controls, volume_percent=percent), {"volume": percent})
            case SetThreshold(threshold=threshold):
                instead_of = self._detection.threshold
                controls = replace(self._controls, threshold=threshold, instead_of=instead_of)
                return await self._keep(controls, {"threshold": threshold})
            case Snooze(minutes=minutes):
                await self._snooze(minutes * 60)
                return await self._keep(self._controls, {"minutes": minutes})

    def configure(self, detection: DetectionSettings) -> None:
        """A reload: where it brings another threshold, that one counts."""
        self._detection = detection
        self._controls = self._controls.under(detection.threshold)
        self._staff.engine.apply(self._in_force)
        self._changed.set()

    @property
    def _in_force(self) -> DetectionSettings:
        threshold = self._controls.threshold
        return self._detection if threshold is None else replace(self._detection, threshold=threshold)

    @property
    def _left_s(self) -> float:
        ends_s = self._snooze_ends_s
        return 0.0 if ends_s is None else max(0.0, ends_s - asyncio.get_running_loop().time())

    async def _keep(self, controls: Controls, answer: CommandResult) -> CommandResult:
        self._controls = controls
        self._staff.engine.apply(self._in_force)
        self._changed.set()
        await asyncio.to_thread(self._file.write, controls)
        return answer

    async def _snooze(self, for_s: float) -> None:
        """From now on for so long; 0 ends it."""
        ends_s = asyncio.get_running_loop().time() + for_s if for_s > 0 else None
        until_utc_s = self._utc() + for_s if for_s > 0 else None
        self._snooze_ends_s = ends_s
        self._controls = replace(self._controls, snoozed_until_utc_s=until_utc_s)
        await self._staff.engine.snooze(snoozing=ends_s is not None)

    async def _wait(self) -> None:
        """Until something changed, or the next minute of a snooze."""
        limit: Awaitable[object] = self._changed.wait()
        try:
            await asyncio.wait_for(limit, None if self._snooze_ends_s is None else min(_TELL_EVERY_S, self._left_s))
        except TimeoutError:
            return

    def _tell(self) -> None:
        event = ControlsChanged(
            at_s=self._staff.engine.now_s,
            volume_percent=self._controls.volume_percent,
            threshold=self._in_force.threshold,
            snoozed_until_utc_s=self._controls.snoozed_until_utc_s,
            snooze_left_min=math.ceil(self._left_s / 6) / 10,
        )
        self._bus.publish(event)
