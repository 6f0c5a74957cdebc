"""The composition root: builds every part, runs them in one TaskGroup, and ends them in reverse."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from babycryd.bus import Bus
from babycryd.capture.listener import Ears
from babycryd.capture.ring import RingBuffer
from babycryd.config import ConfigError, Settings, changed, device_id, read_secret, state_folder
from babycryd.controls import ControlsFile
from babycryd.desk import Desk, Staff
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.tflite import shipped_classifier
from babycryd.detect.verifier import Mark
from babycryd.events import Deaf, Event, HealthMeasured
from babycryd.feedback.book import Entry
from babycryd.feedback.keeper import Keeper
from babycryd.feedback.store import Store
from babycryd.health import Away, HealthWatch
from babycryd.listen import Listener
from babycryd.narrate import in_words
from babycryd.soothe.player import MixerPlayer
from babycryd.soothe.policy import SoothePolicy
from babycryd.soothe.soother import Soother
from babycryd.soothe.tracks import list_tracks
from babycryd.state import StateTracker
from babycryd.supervision import keep_running, vital
from babycryd.system.notify import Notifier

log = logging.getLogger(__name__)

_FADE_LIMIT_S = 0.8  # of the two seconds that stopping may take
_CANCEL_LIMIT_S = 1.0


class Daemon:
    """One nursery. Build it, `await run()` it once."""

    def __init__(self, settings: Settings, read_settings: Callable[[], Settings]) -> None:
        """`read_settings` reads the configuration again, for SIGHUP. Raises ModelError, ConfigError."""
        self._started_with = self._applied = settings
        self._read_settings = read_settings
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._notifier = Notifier()
        self._status = "starting"
        self._bus = Bus()
        self._news = self._bus.subscribe("state")
        self._tracker = StateTracker(time.time())
        self._ears = Ears(settings.capture, self._bus)
        ring = RingBuffer(settings.capture.pre_roll_s)
        classifier = shipped_classifier()
        pipeline = Pipeline(settings.detection, classifier)
        self._listener = Listener(self._ears, ring, pipeline, self._bus, self._feed_watchdog)
        folder = state_folder(settings, os.environ)
        self._keeper = Keeper(Store(folder), classifier.sha256, self._bus.subscribe("feedback"), self._heed)
        policy = SoothePolicy(settings.lullaby, list_tracks(settings.lullaby.folder))
        player = MixerPlayer(settings.lullaby)
        self._soother = Soother(policy, player, self._bus.subscribe("soothe"), self._bus)
        staff = Staff(self._listener, self._soother, self._keeper)
        self._desk = Desk(staff, settings.detection, ControlsFile(folder), self._bus)
        speaker = settings.lullaby.device or "default"
        self._office = None
        if settings.offload.enabled:
            from babycryd.offload.bucket import Bucket
            from babycryd.offload.ledger import Ledger
            from babycryd.offload.office import Office

            key = read_secret("offload_key", settings.offload.key_file, os.environ, whole=True)
            bucket = Bucket(settings.offload.bucket or "", key)
            lag_s = lambda: self._listener.lag_s  # noqa: E731  # short
            self._office = Office(
                settings.offload, device_id(settings), bucket, lambda: Ledger(folder), self._listener, lag_s
            )
            self._listener.on_piece = self._office.take
        news = self._bus.subscribe("health")
        self._health = HealthWatch(self._ears, self._listener, speaker, news, self._bus, self._away)
        self._publisher = None
        if settings.mqtt.host:
            from babycryd.publish.discovery import Home
            from babycryd.publish.journal import FILE, Scribe
            from babycryd.publish.mqtt import MqttPublisher  # its 10 MB are needed with a broker only

            password = read_secret("mqtt_password", settings.mqtt.password_file, os.environ)
            news = self._bus.subscribe("mqtt")
            scribe = Scribe(folder / FILE)
            home = Home(device_id(settings), settings.device.room, self._soother.tracks)
            self._publisher = MqttPublisher(settings.mqtt, password, home, news, self._desk.obey, scribe)
        self._web = None
        if settings.web.enabled:
            from babycryd.web.server import WebServer  # as above

            self._web = WebServer(settings.web, self._desk.obey)

    async def run(self) -> None:
        """Until SIGTERM, SIGINT, or the end of a recording. Raises an ExceptionGroup if a vital part failed."""
        self._handle_signals()
        self._bus.publish(self._tracker.current)  # whatever the home still believes of the last run
        runs = {
            "state": self._follow_state,
            "soothe": self._soother.run,
            "listen": self._listen,
            "desk": self._desk.run,
            "reload": self._follow_reloads,
        }
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(vital(name, run), name=name) for name, run in runs.items()}
            for name, run in self._optional().items():
                tasks[name] = group.create_task(keep_running(name, run), name=name)
            try:
                await self._stop.wait()
            finally:  # also when a vital task failed: the lullaby fades and the home is told
                await self._end(tasks)

    def _optional(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What the lullaby can do without."""
        runs: dict[str, Callable[[], Awaitable[None]]] = {"feedback": self._keeper.run, "health": self._health.run}
        if self._publisher is not None:
            runs["mqtt"] = self._publisher.run
        if self._office is not None:
            runs["offload"] = self._office.run
        if self._web is not None:
            runs["web"] = self._web.run
        return runs

    def _away(self) -> Away:
        if self._office is None:
            return Away()
        return Away("cloud" if self._office.cloud else "local", self._office.offloaded, self._office.trouble)

    async def _listen(self) -> None:
        await self._listener.run()
        log.info("the recording is over")
        self._stop.set()
        await asyncio.Event().wait()  # until the others have ended, too

    def _heed(self, marks: Sequence[Entry]) -> None:
        self._listener.learn([Mark(np.array(one.embedding), cry=bool(one.cry)) for one in marks])
        if marks:
            log.info("heeding %d marks of earlier episodes", len(marks))

    async def _follow_state(self) -> None:
        async for event in self._news:
            self._tell(event)
            if change := self._tracker.update(event, time.time()):
                self._bus.publish(change)
                reason = f": {change.reason}" if change.reason else ""
                self._status = f"{change.state}{reason}"
                self._notifier.send(STATUS=self._status)
            if isinstance(event, HealthMeasured):
                self._notifier.send(STATUS=f"{self._status}; {_pulse(event)}")
            if isinstance(event, Deaf):  # nothing may stay on "crying" that can no longer be heard
                await self._listener.finish("deaf", event.at_s)

    def _tell(self, event: Event) -> None:
        if words := in_words(event):
            urgency, text = words
            log.log(logging.WARNING if urgency == "warning" else logging.INFO, text)

    def _tell_what_was_lost(self) -> None:
        source = self._ears.source
        lost = self._bus.dropped | {"audio blocks": source.dropped_blocks, "overflows": source.overflows}
        if any(lost.values()):
            log.info("lost since the start: %s", ", ".join(f"{n} {what}" for what, n in lost.items() if n))

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
        self._desk.configure(new.detection)
        self._soother.configure(new.lullaby)
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
        await self._listener.finish("stopped")
        await _cancelled(tasks["soothe"])
        await self._soother.close(_FADE_LIMIT_S)
        await asyncio.sleep(0)  # the state task hears of both
        if self._publisher is not None:
            await self._publisher.close()
        for task in tasks.values():
            task.cancel()
        self._listener.close()
        self._notifier.close()
        self._tell_what_was_lost()


def _pulse(health: HealthMeasured) -> str:
    """For `systemctl status`: when something was judged last, and where."""
    if health.last_window_utc_s is None:
        return "nothing judged yet"
    judged = time.strftime("%H:%M:%S", time.localtime(health.last_window_utc_s))
    return f"last judged {judged}, {'in the cloud' if health.route == 'cloud' else 'here'}"


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel, and wait until that has happened, but not for ever."""
    task.cancel()
    await asyncio.wait([task], timeout=_CANCEL_LIMIT_S)
