"""Dispatcher of commands: passes each to the part that executes it, and keeps and publishes the values it sets."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from babycryd.control.controls import Controls, ControlsFile
from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError, shortened
from babycryd.core.commands import (
    Command,
    CommandResult,
    Feedback,
    SetThreshold,
    SetVolume,
    Snooze,
    StopLullaby,
    UseSound,
)
from babycryd.core.events import ControlsChanged
from babycryd.core.sounds import Loudness
from babycryd.detect.settings import DetectionSettings
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.feedback.task import FeedbackTask
from babycryd.monitoring.self_test import SelfTest
from babycryd.notify.task import AlertTask
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.memory_task import MemoryTask
from babycryd.soothe.wishes import SoundWishes

log = logging.getLogger(__name__)
_PUBLISH_EVERY_S: Final = 60.0  # during a snooze: the time left changes


Receiver = Callable[[Any], Awaitable[CommandResult]]  # takes the commands of one type; raises CommandError


class CommandReceiver(Protocol):
    """A part that executes commands."""

    EXECUTES: tuple[type[Command], ...]

    async def execute(self, command: Any) -> CommandResult:
        """Execute a command of a type in EXECUTES. Raises CommandError."""


@dataclass(frozen=True, slots=True)
class CommandTargets:
    """The parts that execute commands."""

    engine: DetectionEngine
    soothing: SoothingController
    feedback: FeedbackTask
    alerts: AlertTask
    sounds: MemoryTask


class Dispatcher:
    """Dispatcher of commands, which also keeps volume, threshold and snooze. `run` ends a snooze in time."""

    def __init__(
        self,
        targets: CommandTargets,
        detection: DetectionSettings,
        file: ControlsFile,
        bus: Bus,
        utc: Callable[[], float] = time.time,
        loudness: Callable[[], Loudness] | None = None,
    ) -> None:
        """`loudness`: returns the loudness at the cot, which is published with the controls."""
        self._targets = targets
        self.self_test = SelfTest(targets.engine, targets.soothing, bus)
        self._detection = detection
        self._file = file
        self._bus = bus
        self._utc = utc
        self._loudness = loudness
        self._controls = Controls()
        self._snooze_ends_s: float | None = None  # of the loop's clock, which never jumps
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        others: tuple[CommandReceiver, ...] = (targets.feedback, targets.soothing, targets.alerts, targets.sounds)
        parts = (*others, self.self_test)
        self._receivers: Final[dict[type[Command], Receiver]] = {
            **{command: each.execute for each in parts for command in each.EXECUTES},
            SetVolume: self._set_volume,
            SetThreshold: self._set_threshold,
            Feedback: self._mark,
            UseSound: self._use_sound,
            Snooze: self._set_snooze,
        }

    async def dispatch(self, command: Command) -> CommandResult:
        """Execute one command. Raises CommandError."""
        return await self._receivers[type(command)](command)

    async def run(self) -> None:
        """Restore the controls of before the restart, then publish them and end snoozes in time until cancelled."""
        stored = await asyncio.to_thread(self._file.read)
        self._controls = replace(stored.under(self._detection.threshold), snoozed_until_utc_s=None)
        self._targets.soothing.set_share(self._controls.volume_percent / 100)
        self._targets.soothing.wish(self._wishes)
        self._targets.engine.apply(self._in_force)
        await self._snooze(stored.snooze_left_s(self._utc()))
        while True:
            self._publish()
            self._changed.clear()
            await self._wait()
            if self._snooze_ends_s is not None and self._left_s <= 0:
                await self._snooze(0.0)
                log.info("the snooze is over")

    def configure(self, detection: DetectionSettings) -> None:
        """Apply reloaded settings. A changed threshold overrides the one set by command."""
        self._detection = detection
        self._controls = self._controls.under(detection.threshold)
        self._targets.engine.apply(self._in_force)
        self._changed.set()

    def publish_again(self) -> None:
        """Publish the controls, because the loudness at the cot was measured or its settings have changed."""
        self._changed.set()

    @property
    def _in_force(self) -> DetectionSettings:
        threshold = self._controls.threshold
        return self._detection if threshold is None else replace(self._detection, threshold=threshold)

    @property
    def _left_s(self) -> float:
        ends_s = self._snooze_ends_s
        return 0.0 if ends_s is None else max(0.0, ends_s - asyncio.get_running_loop().time())

    async def _mark(self, command: Feedback) -> CommandResult:
        """Mark an episode. "No cry" during an alarm ends the episode, and with it the alert, and the lullaby."""
        answer = await self._targets.feedback.execute(command)
        if command.cry is False and await self._targets.engine.dismiss(str(answer["episode"])):
            await self._targets.soothing.execute(StopLullaby())
        return answer

    async def _set_volume(self, command: SetVolume) -> CommandResult:
        self._targets.soothing.set_share(command.percent / 100)
        return await self._keep(replace(self._controls, volume_percent=command.percent), {"volume": command.percent})

    async def _use_sound(self, command: UseSound) -> CommandResult:
        tracks = self._targets.soothing.tracks
        if command.sound not in tracks:
            raise CommandError(f"there is no track {shortened(command.sound)}; there are: {', '.join(tracks)}")
        controls = self._controls.using(command.sound, command.use)
        if set(tracks) <= set(controls.muted_sounds):
            raise CommandError("one sound at least must remain; lullaby.enabled: false plays none")
        answer = await self._keep(controls, {"sound": command.sound, "use": command.use})
        self._targets.soothing.wish(self._wishes)
        return answer

    @property
    def _wishes(self) -> SoundWishes:
        return SoundWishes(self._controls.first_sound, frozenset(self._controls.muted_sounds))

    async def _set_threshold(self, command: SetThreshold) -> CommandResult:
        instead_of = self._detection.threshold
        controls = replace(self._controls, threshold=command.threshold, instead_of=instead_of)
        return await self._keep(controls, {"threshold": command.threshold})

    async def _set_snooze(self, command: Snooze) -> CommandResult:
        await self._snooze(command.minutes * 60)
        return await self._keep(self._controls, {"minutes": command.minutes})

    async def _keep(self, controls: Controls, answer: CommandResult) -> CommandResult:
        self._controls = controls
        self._targets.engine.apply(self._in_force)
        self._changed.set()
        async with self._writing:  # the last writer must have the last values
            await asyncio.to_thread(self._file.write, self._controls)
        return answer

    async def _snooze(self, for_s: float) -> None:
        """Begin a snooze of `for_s` seconds; 0 ends it."""
        ends_s = asyncio.get_running_loop().time() + for_s if for_s > 0 else None
        until_utc_s = self._utc() + for_s if for_s > 0 else None
        self._snooze_ends_s = ends_s
        self._controls = replace(self._controls, snoozed_until_utc_s=until_utc_s)
        await self._targets.engine.snooze(snoozing=ends_s is not None)

    async def _wait(self) -> None:
        """Wait until a control changes, or for the next minute of a snooze."""
        limit_s = None if self._snooze_ends_s is None else min(_PUBLISH_EVERY_S, self._left_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._changed.wait()

    def _publish(self) -> None:
        event = ControlsChanged(
            at_s=self._targets.engine.now_s,
            volume_percent=self._controls.volume_percent,
            threshold=self._in_force.threshold,
            snoozed_until_utc_s=self._controls.snoozed_until_utc_s,
            snooze_left_min=math.ceil(self._left_s / 6) / 10,
            loudness=self._loudness() if self._loudness else None,
            first_sound=self._controls.first_sound,
            muted_sounds=tuple(self._controls.muted_sounds),
        )
        self._bus.publish(event)
