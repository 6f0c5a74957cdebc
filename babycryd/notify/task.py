"""Task of the alerts: follows the bus, raises and repeats alerts, and keeps every recipient's delivery running."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from babycryd.core.alert import AlertChanged
from babycryd.core.bus import Subscription
from babycryd.core.command_values import CommandError
from babycryd.core.commands import AcknowledgeAlert, Command, CommandResult
from babycryd.core.events import ClockSet, Event, HealthMeasured
from babycryd.core.report_events import DigestMade
from babycryd.core.supervision import keep_running
from babycryd.notify.conditions import Conditions
from babycryd.notify.delivery import Delivery
from babycryd.notify.message import Home, Message, message_of
from babycryd.notify.notice import Notice, NoticeKind, notice_id
from babycryd.notify.policy import AlertLimits, AlertPolicy
from babycryd.notify.queue import OLDEST_S, NoticeQueue, Waiting
from babycryd.notify.recipients import Recipients
from babycryd.notify.routine import Routine
from babycryd.notify.settings import NotifySettings
from babycryd.notify.store import NoticeStore
from babycryd.notify.tokens import AckTokens
from babycryd.system.worker_thread import WorkerThread

_CLOSE_LIMIT_S: Final = 0.3
_DISK_LIMIT_S: Final = 1.0


def limits_of(settings: NotifySettings) -> AlertLimits:
    """Return the limits of the policy in seconds."""
    return AlertLimits(settings.crying_s, 60 * settings.deaf_min, 60 * settings.repeat_min, settings.repeats)


class AlertTask:
    """Task of the alerts, while `run` runs. Without recipients it still publishes the state, for page and MQTT."""

    EVENTS: Final[tuple[type[Event], ...]] = (*Conditions.EVENTS, DigestMade)
    EXECUTES: tuple[type[Command], ...] = (AcknowledgeAlert,)

    def __init__(
        self,
        settings: NotifySettings,
        home: Home,
        events: Subscription,
        publish: Callable[[Event], None],
        now_s: Callable[[], float],
        store: NoticeStore,
        utc: Callable[[], float] = time.time,
    ) -> None:
        """`now_s`: the stream time of the events that it publishes."""
        self.recipients = Recipients()
        self.disk: Callable[[], str | None] = lambda: None  # what is wrong with it, or None
        self._settings = settings
        self._home = home
        self._events = events
        self._publish = publish
        self._now_s = now_s
        self._store = store
        self._utc = utc
        self._policy = AlertPolicy(limits_of(settings), self.recipients.all)
        self._conditions = Conditions(self._policy)
        self._routine = Routine(settings.evening_time)
        self._queue = NoticeQueue(store)
        self._tokens = AckTokens()
        self._disk_thread = WorkerThread("notify-disk", most_waiting=1)
        self._deliveries: dict[str, Delivery] = {}
        self._group: asyncio.TaskGroup | None = None  # while `run` runs
        self._wake = asyncio.Event()
        self._restored = False
        self._published: AlertChanged | None = None

    @property
    def trouble(self) -> str | None:
        """Why alerts do not reach a recipient, or are not stored; None: all is well."""
        troubles = [each.trouble for name, each in self._deliveries.items() if self.recipients.sender(name)]
        return "; ".join(each for each in (*troubles, self._store.trouble) if each) or None

    async def run(self) -> None:
        """Raise and deliver alerts until cancelled."""
        if not self._restored:
            stored = await self._store.restore()
            self._queue.restore(stored.waiting, stored.arrived)
            self._restored = True
        self._deliveries.clear()
        async with asyncio.TaskGroup() as group:
            self._group = group
            for name in sorted({each.notice.to for each in self._queue}):
                self._wake_delivery(name)
            group.create_task(self._follow(), name="notify-follow")
            group.create_task(self._pace(), name="notify-pace")

    async def close(self) -> None:
        """Write what waits to the disk; it is delivered after the next start."""
        await self._store.close(_CLOSE_LIMIT_S)
        self._disk_thread.end()

    async def execute(self, command: Command) -> CommandResult:  # noqa: ARG002  # the only one of EXECUTES
        """Acknowledge the alerts. Raises CommandError where there is none."""
        if not self._acknowledge():
            raise CommandError("there is no alert to acknowledge")
        return {"alert": self._policy.state}

    def acknowledge_with(self, token: str) -> bool:
        """Acknowledge the alerts with the token of a message; return whether it was valid."""
        return self._tokens.take(token) and (self._acknowledge() or True)

    def _acknowledge(self) -> bool:
        alerts = self._policy.acknowledge()
        for each in alerts:
            self._queue.withdraw(each)
        self._publish_change()
        return bool(alerts)

    async def _follow(self) -> None:
        async for event in self._events:
            self._take(event)
            if isinstance(event, HealthMeasured):
                await self._put_routine(listening=event.listening)

    def _take(self, event: Event) -> None:
        if isinstance(event, ClockSet):
            self._queue.move(event.step_s)
        if isinstance(event, DigestMade) and self._settings.digest:
            self._put_digest(event)
        notices = self._conditions.note(event, asyncio.get_running_loop().time(), self._utc())
        self._put(notices)
        self._wake.set()

    async def _put_routine(self, *, listening: bool) -> None:
        utc_s = self._utc()
        now = datetime.fromtimestamp(utc_s, UTC).astimezone(self._home.zone)
        disk = await self._disk_trouble() if self._settings.disk else None
        for kind, alert, reason in self._routine.due(now, listening=listening, disk=disk):
            self._put_once(kind, alert, reason, utc_s)

    def _put_digest(self, event: DigestMade) -> None:
        """Tell the week, unless that is no news any more: each start of the daemon makes the last digest again."""
        utc_s = self._utc()
        if utc_s - event.end_utc_s < OLDEST_S:
            self._put_once("week", f"week-{event.date}", " ".join(event.sentences[self._home.language]), utc_s)

    def _put_once(self, kind: NoticeKind, alert: str, reason: str, utc_s: float) -> None:
        """Tell the first recipients of something that is not repeated."""
        names = [each.name for each in self.recipients.all() if each.after_s == 0]
        ids = {name: notice_id(alert, "first", 1, name) for name in names}
        self._put(Notice(ids[name], alert, name, kind, "first", utc_s, utc_s, reason) for name in names)

    async def _disk_trouble(self) -> str | None:
        """Return what is wrong with the disk; None also where it does not answer, of which `health` tells."""
        try:
            return await self._disk_thread.call(self.disk, _DISK_LIMIT_S)
        except OSError:  # TimeoutError is one
            return None

    async def _pace(self) -> None:
        """Tell what is due, then wait for an event or the next time."""
        clock = asyncio.get_running_loop().time
        while True:
            self._put(self._policy.due(clock(), self._utc()))
            self._publish_change()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._policy.next_s()):
                    await self._wake.wait()

    def _publish_change(self) -> None:
        kind, since_utc_s = self._policy.loudest
        change = AlertChanged(self._now_s(), self._policy.state, kind, since_utc_s)
        before = self._published
        if before and (before.state, before.kind, before.since_utc_s) == (change.state, kind, since_utc_s):
            return
        if change.state == "quiet":
            self._tokens.clear()
        self._published = change
        self._publish(change)

    def _put(self, notices: Iterable[Notice]) -> None:
        for each in notices:
            if self._queue.put(each):
                self._wake_delivery(each.to)

    def _wake_delivery(self, name: str) -> None:
        sender = self.recipients.sender(name)
        if sender is None:
            self._queue.forget(name)
            return
        if name not in self._deliveries:
            assert self._group is not None  # every caller runs in it
            delivery = Delivery(
                to=name, sender=sender, queue=self._queue, written=self._store.written, words=self._words, utc=self._utc
            )
            self._deliveries[name] = delivery
            run = partial(keep_running, f"notify-{name}", delivery.run)
            self._group.create_task(run(), name=f"notify-{name}")
        self._deliveries[name].wake()

    def _words(self, waiting: Waiting, utc_s: float) -> Message:
        token = self._tokens.new() if self._settings.page_url else ""
        return message_of(waiting.notice, self._home, utc_s, over=waiting.over, token=token)
