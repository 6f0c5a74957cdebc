"""PURE. Queue of the notices that have not reached their recipients yet, mirrored on the disk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from babycryd.core.retention import DAY_S
from babycryd.notify.message import Message
from babycryd.notify.notice import Notice

OLDEST_S: Final = DAY_S / 2  # a notice of this age is of no use any more, and dropped
CAPACITY: Final = 200  # notices in all


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice in the queue, and what is known of its tries."""

    number: int
    notice: Notice
    over: bool = False  # what it tells of has ended
    earlier: bool = False  # whether it is one of an earlier run, with the clock of that run
    tried: Message | None = None  # what the last try sent, or began to send; None: there was none
    tried_utc_s: float = 0.0  # of the first try
    unclear: int = 0  # tries since the last sure failure: the message may have arrived


class QueueMirror(Protocol):
    """Mirror of the queue on the disk."""

    def put(self, waiting: Waiting) -> None:
        """Store a notice, or replace it by its number."""

    def remove(self, waiting: Waiting) -> None:
        """Delete a notice that has arrived or was dropped, and keep its id."""


class NoticeQueue:
    """Queue of notices for all recipients; each recipient gets its own in their order.

    A notice whose id is known is not put again, so each is sent once though it is raised twice.
    """

    def __init__(self, mirror: QueueMirror | None = None) -> None:
        self.dropped = 0
        self._mirror = mirror
        self._waiting: dict[int, Waiting] = {}
        self._known: set[str] = set()  # ids
        self._next = 1

    def __len__(self) -> int:
        """Return the number of waiting notices."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        """Iterate over the waiting notices, in order."""
        return iter(self._waiting.values())

    def restore(self, stored: Iterable[Waiting], known: Iterable[str]) -> None:
        """Put the notices of an earlier run, before any of this one. `known`: ids that arrived in earlier runs."""
        self._known |= set(known)
        for each in stored:
            self._add(replace(each, earlier=True))

    def put(self, notice: Notice) -> bool:
        """Add a notice; return whether it was added.

        It is not where its id is known, or where an earlier notice of its alert still waits for the same recipient:
        that one says by its time what this one would.
        """
        if notice.id in self._known:
            return False
        if notice.step != "first" and (before := self._untried(notice)):
            self._replace(replace(before, over=before.over or notice.step == "over"))
            return False
        if len(self._waiting) >= CAPACITY:
            self._remove(next(iter(self._waiting.values())))
            self.dropped += 1
        self._add(Waiting(self._next, notice))
        return True

    def first(self, to: str, utc_s: float) -> Waiting | None:
        """Return the notice to send next to a recipient; drop those that are too old at `utc_s`."""
        for each in [each for each in self if each.notice.to == to]:
            if utc_s - each.notice.raised_utc_s < OLDEST_S:
                return each
            self._remove(each)
            self.dropped += 1
        return None

    def tries(self, waiting: Waiting, message: Message, utc_s: float) -> Waiting:
        """Note a message that is about to be sent; return the notice with it."""
        now = self._now(waiting)
        since_utc_s = now.tried_utc_s if now.unclear else utc_s
        return self._replace(replace(now, tried=message, tried_utc_s=since_utc_s, unclear=now.unclear + 1))

    def failed(self, waiting: Waiting) -> Waiting:
        """Note that a try has surely failed: the message has not arrived. Return the notice as it waits."""
        now = replace(self._now(waiting), unclear=0)
        return self._replace(now) if waiting.number in self._waiting else now

    def arrived(self, waiting: Waiting) -> None:
        """Remove a notice that the service has accepted."""
        self._remove(waiting)

    def drop(self, waiting: Waiting) -> None:
        """Remove and count a notice that can never be sent."""
        self._remove(waiting)
        self.dropped += 1

    def forget(self, to: str) -> None:
        """Remove the notices to a recipient who is gone."""
        for each in [each for each in self if each.notice.to == to]:
            self._remove(each)

    def withdraw(self, alert: str) -> None:
        """Remove the notices of an acknowledged alert that have not been tried, or have surely not arrived."""
        for each in [each for each in self if each.notice.alert == alert and not each.unclear]:
            self._remove(each)

    def move(self, step_s: float) -> None:
        """Let the notices of this run be `step_s` later, because the clock was set."""
        for each in [each for each in self if not each.earlier]:
            moved = {name: getattr(each.notice, name) + step_s for name in ("began_utc_s", "raised_utc_s")}
            tried_utc_s = each.tried_utc_s + step_s if each.tried else 0.0
            self._replace(replace(each, notice=replace(each.notice, **moved), tried_utc_s=tried_utc_s))

    def _untried(self, notice: Notice) -> Waiting | None:
        """Return the notice of the same alert for the same recipient that waits and has surely not arrived."""
        same = (each for each in self if (each.notice.alert, each.notice.to) == (notice.alert, notice.to))
        return next((each for each in same if not each.unclear), None)

    def _now(self, waiting: Waiting) -> Waiting:
        return self._waiting.get(waiting.number, waiting)

    def _add(self, waiting: Waiting) -> None:
        self._known.add(waiting.notice.id)
        self._next = max(self._next, waiting.number + 1)
        self._replace(waiting)

    def _replace(self, waiting: Waiting) -> Waiting:
        self._waiting[waiting.number] = waiting
        if self._mirror:
            self._mirror.put(waiting)
        return waiting

    def _remove(self, waiting: Waiting) -> None:
        if self._waiting.pop(waiting.number, None) and self._mirror:
            self._mirror.remove(waiting)
