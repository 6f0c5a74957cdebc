"""Runs every part in one TaskGroup, and ends them in reverse."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable

from babycryd.config import ConfigError, Settings, changed
from babycryd.core.bus import Bus
from babycryd.core.event_text import event_text
from babycryd.core.events import Deaf, Event, HealthMeasured
from babycryd.core.state import StateTracker
from babycryd.core.supervision import keep_running, vital
from babycryd.daemon.parts import AS_CONFIGURED, Hardware, build
from babycryd.system.systemd import SystemdNotifier

log = logging.getLogger(__name__)

_FADE_LIMIT_S = 0.8  # of the two seconds that stopping may take
_CANCEL_LIMIT_S = 1.0
_NOTHING_JUDGED = "nothing judged yet"
_DISK_LIMIT_S = 0.4


class Daemon:
    """One nursery. Build it, `await run()` it once."""

    def __init__(
        self, settings: Settings, read_settings: Callable[[], Settings], hardware: Hardware = AS_CONFIGURED
    ) -> None:
        """`read_settings` reads the configuration again, for SIGHUP. Raises ModelError, ConfigError."""
        self._started_with = self._applied = settings
        self._read_settings = read_settings
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._notifier = SystemdNotifier()
        self._status = "starting"
        self._pulse = _NOTHING_JUDGED
        self._bus = Bus()
        self._news = self._bus.subscribe("state")
        self._tracker = StateTracker(time.time())
        self._parts = build(settings, self._bus, self._feed_watchdog, hardware)
        self._core = self._parts.core

    async def run(self) -> None:
        """Until SIGTERM, SIGINT, or the end of a recording. Raises an ExceptionGroup if a vital part failed."""
        self._handle_signals()
        self._bus.publish(self._tracker.current)  # whatever the home still believes of the last run
        runs = {
            "state": self._follow_state,
            "soothe": self._core.soothing.run,
            "listen": self._listen,
            "desk": self._core.dispatcher.run,
            "reload": self._follow_reloads,
        }
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(vital(name, run), name=name) for name, run in runs.items()}
            for name, run in self._parts.optional().items():
                tasks[name] = group.create_task(keep_running(name, run), name=name)
            try:
                await self._stop.wait()
            finally:  # also when a vital task failed: the lullaby fades and the home is told
                await self._end(tasks)

    async def _listen(self) -> None:
        await self._core.engine.run()
        log.info("the recording is over")
        self._stop.set()
        await asyncio.Event().wait()  # until the others have ended, too

    async def _follow_state(self) -> None:
        async for event in self._news:
            self._tell(event)
            if change := self._tracker.update(event, time.time()):
                self._bus.publish(change)
                reason = f": {change.reason}" if change.reason else ""
                self._status = f"{change.state}{reason}"
            if isinstance(event, HealthMeasured):
                self._pulse = _pulse(event)
            if change or isinstance(event, HealthMeasured):
                self._notifier.send(STATUS=f"{self._status}; {self._pulse}")
            if isinstance(event, Deaf):  # nothing may stay on "crying" that can no longer be heard
                await self._core.engine.finish("deaf", event.at_s)

    def _tell(self, event: Event) -> None:
        if words := event_text(event):
            urgency, text = words
            log.log(logging.WARNING if urgency == "warning" else logging.INFO, text)

    def _tell_what_was_lost(self) -> None:
        counts = self._core.lost()
        if any(counts.values()):
            log.info("lost since the start: %s", ", ".join(f"{n} {what}" for what, n in counts.items() if n))

    def _feed_watchdog(self) -> None:
        self._notifier.send(WATCHDOG="1")

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        self._notifier.send(READY="1", STATUS="starting")

    async def _follow_reloads(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            await self._apply_new_settings()

    async def _apply_new_settings(self) -> None:
        try:
            new = await asyncio.to_thread(self._read_settings)
        except ConfigError as error:
            log.error("the configuration stays as it was: %s", error)  # noqa: TRY400  # its text says it all
            return
        live, _ = changed(self._applied, new)
        _, restart = changed(self._started_with, new)
        self._applied = new
        self._core.dispatcher.configure(new.detection)
        self._core.soothing.configure(new.lullaby)
        logging.getLogger().setLevel(new.log.level.upper())
        log.info("reloaded; changed: %s", ", ".join(live) or "nothing")
        if restart:
            log.warning("these keys need a restart: %s", ", ".join(restart))

    async def _end(self, tasks: dict[str, asyncio.Task[None]]) -> None:
        """Listening first, then the lullaby, then MQTT, which tells of both; each within its limit."""
        self._notifier.send(STOPPING="1")
        await _cancelled(tasks["listen"])
        if "offload" in tasks:
            await _cancelled(tasks["offload"])
        await self._core.engine.finish("stopped")
        await _cancelled(tasks["soothe"])
        await self._core.soothing.close(_FADE_LIMIT_S)
        await asyncio.sleep(0)  # the state task hears of both
        if self._parts.publisher is not None:
            await self._parts.publisher.close()
        for name, keeper in (("history", self._parts.history), ("clips", self._parts.clips)):
            if keeper is not None:
                await _cancelled(tasks[name])
                await keeper.close(_DISK_LIMIT_S)
        for task in tasks.values():
            task.cancel()
        self._core.engine.close()
        self._notifier.close()
        self._tell_what_was_lost()


def _pulse(health: HealthMeasured) -> str:
    """For `systemctl status`: when something was judged last, and where."""
    if health.last_window_utc_s is None:
        return _NOTHING_JUDGED
    judged = time.strftime("%H:%M:%S", time.localtime(health.last_window_utc_s))
    return f"last judged {judged}, {'in the cloud' if health.route == 'cloud' else 'here'}"


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel, and wait until that has happened, but not for ever."""
    task.cancel()
    await asyncio.wait([task], timeout=_CANCEL_LIMIT_S)
