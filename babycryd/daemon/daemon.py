"""Life cycle of the daemon: runs every component in one TaskGroup, and stops them in their order."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from functools import partial

from babycryd.config import ConfigError, Settings, changed
from babycryd.core.bus import Bus
from babycryd.core.event_text import event_text
from babycryd.core.events import ClockSet, Deaf, Event, HealthMeasured, LevelMeasured, WindowScored
from babycryd.core.state import StateTracker
from babycryd.core.supervision import Component, stop_all, supervise
from babycryd.daemon.alerts import send_test
from babycryd.daemon.components import components
from babycryd.daemon.page_settings import LivePageSettings
from babycryd.daemon.vital_parts import Hardware, build_core
from babycryd.editing.editor import ConfigEditor
from babycryd.listen_in.settings import ListenInSettings
from babycryd.system.systemd import SystemdNotifier

log = logging.getLogger(__name__)

_NOTHING_JUDGED = "nothing judged yet"
_AS_CONFIGURED = Hardware()
_ANSWERED_S = 0.2  # until the answer to the page is sent


class Daemon:
    """Daemon of one room. Build it, then `await run()` once."""

    def __init__(
        self,
        settings: Settings,
        read_settings: Callable[[], Settings],
        hardware: Hardware = _AS_CONFIGURED,
        editor: ConfigEditor | None = None,
    ) -> None:
        """`read_settings` reads the configuration again, for SIGHUP; `editor` changes it for the page.

        Raises ModelError, ConfigError.
        """
        self._started_with = self._applied = settings
        self._read_settings = read_settings
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._notifier = SystemdNotifier()
        self._status = "starting"
        self._last_judged = _NOTHING_JUDGED
        self._bus = Bus()
        self._events = self._bus.subscribe("state", unhurried=(LevelMeasured, WindowScored))
        self.starts_again = False  # whether the page has asked for a restart, when `run` returns
        self._applying = asyncio.Lock()
        on_page = None
        if editor is not None:
            on_page = LivePageSettings(
                editor,
                self._apply_new_settings,
                self._restart,
                self._waiting,
                send_test=partial(send_test, read_settings),
            )
        self._core = build_core(settings, self._bus, self._feed_watchdog, hardware, on_page, self._restart)
        self._tracker = StateTracker(self._core.clock.now())
        self._components = (
            Component("state", self._follow_state, vital=True),
            Component("reload", self._follow_reloads, vital=True),
            *components(settings, self._core, self._stop.set),
        )

    async def run(self) -> None:
        """Run until SIGTERM, SIGINT, or the end of a recording. Raises an ExceptionGroup if a vital task failed."""
        self._handle_signals()
        self._bus.publish(self._tracker.current)  # replaces the state that the last run left in the home
        async with asyncio.TaskGroup() as group:
            tasks = {
                each.name: group.create_task(supervise(each), name=each.name) for each in self._components if each.run
            }
            try:
                await self._stop.wait()
            finally:  # also when a vital task failed: fades the lullaby, publishes the end
                await self._end(tasks)

    async def _follow_state(self) -> None:
        clock_set_s = 0.0
        async for event in self._events:
            self._log(event)
            clock_set_s += event.step_s if isinstance(event, ClockSet) else 0.0
            if change := self._tracker.update(event, self._core.clock.as_of(clock_set_s)):
                self._bus.publish(change)
                reason = f": {change.reason}" if change.reason else ""
                self._status = f"{change.state}{reason}"
            if isinstance(event, HealthMeasured):
                self._last_judged = _last_judged(event)
            if change or isinstance(event, HealthMeasured):
                self._notifier.send(STATUS=f"{self._status}; {self._last_judged}")
            if isinstance(event, Deaf):  # an episode that can no longer be heard must not stay on "crying"
                await self._core.engine.finish("deaf", event.at_s)

    def _log(self, event: Event) -> None:
        if words := event_text(event):
            urgency, text = words
            log.log(logging.WARNING if urgency == "warning" else logging.INFO, text)

    def _log_drops(self) -> None:
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
            await self._renew()
            await self._apply_new_settings()

    async def _renew(self) -> None:
        """Let the components read again what is not in the configuration, such as a renewed certificate."""
        for renew in self._core.on_reload:
            try:
                await renew()
            except Exception:  # a reload must not end the listening
                log.exception("a component keeps what it has read before")

    def _restart(self) -> None:
        """Stop in a moment, so that the page has its answer, and start again."""
        self.starts_again = True
        asyncio.get_running_loop().call_later(_ANSWERED_S, self._stop.set)

    def _waiting(self) -> list[str]:
        """Return the keys that need a restart."""
        return changed(self._started_with, self._applied)[1]

    async def _apply_new_settings(self) -> None:
        async with self._applying:  # SIGHUP and the page may ask at once; the last one must have the last values
            await self._read_and_apply()

    async def _read_and_apply(self) -> None:
        try:
            new = await asyncio.to_thread(self._read_settings)
        except ConfigError as error:
            log.error("the configuration stays as it was: %s", error)  # noqa: TRY400  # its text has the details
            self._withdraw_consent()
            return
        except Exception:  # a reload must not end the listening
            log.exception("the configuration stays as it was: it cannot be read")
            self._withdraw_consent()
            return
        live, _ = changed(self._applied, new)
        self._applied = new
        self._core.dispatcher.configure(new.detection)
        self._core.soothing.configure(new.lullaby, new.soothing)
        self._core.loudness.configure(new.lullaby)
        self._core.broadcast.configure(new.listen_in)
        logging.getLogger().setLevel(new.log.level.upper())
        log.info("reloaded; changed: %s", ", ".join(live) or "nothing")
        if restart := self._waiting():
            log.warning("these keys need a restart: %s", ", ".join(restart))

    def _withdraw_consent(self) -> None:
        """End listening in: a configuration with a mistake, such as a deleted sentence, gives no consent."""
        if self._core.broadcast.enabled:
            log.warning("listening in is off until a configuration without mistakes is loaded")
            self._core.broadcast.configure(ListenInSettings())

    async def _end(self, tasks: dict[str, asyncio.Task[None]]) -> None:
        """Stop the ordered components in their order, then the others."""
        if not self.starts_again:  # the process stays, and so does the service
            self._notifier.send(STOPPING="1")
        await stop_all(self._components, tasks)
        self._core.close()
        self._notifier.close()
        self._log_drops()


def _last_judged(health: HealthMeasured) -> str:
    """Return the time and place of the last decision, for `systemctl status`."""
    if health.last_window_utc_s is None:
        return _NOTHING_JUDGED
    judged = time.strftime("%H:%M:%S", time.localtime(health.last_window_utc_s))
    return f"last judged {judged}, {'in the cloud' if health.route == 'cloud' else 'here'}"
