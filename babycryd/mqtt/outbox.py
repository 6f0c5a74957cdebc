"""PURE. The outbox: messages that the broker has not confirmed yet.

It holds the latest message of a retained topic, all events up to a limit, and the latest QoS 0 message of a topic.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from babycryd.mqtt.message import Message, delayed, is_delayed, moved

LATE_S: Final = 10.0  # an event that has waited this long is marked as delayed


class OutboxMirror(Protocol):
    """Mirror of the durable messages on the disk, so that a crash loses none."""

    def add(self, number: int, message: Message) -> None:
        """Store a message."""

    def remove(self, number: int) -> None:
        """Delete a message, which has arrived or was dropped."""

    def move(self, numbers: Sequence[int], step_s: float) -> None:
        """Let the episodes of these messages begin `step_s` later, because the clock was set."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event in the queue."""

    number: int
    message: Message
    since_s: float
    late: bool = False  # whether `message` is marked as delayed
    earlier: bool = False  # whether its episode is one of an earlier run
    step_s: float = 0.0  # by which its episode begins later than `message` says, because the clock was set

    def at(self, at_s: float) -> "_Waiting":
        """Return the message as it is to be sent at `at_s`: delayed once it is late, its start moved."""
        late = self.late or at_s - self.since_s >= LATE_S
        if late == self.late and not self.step_s:
            return self
        message = moved(self.message, self.step_s) if self.step_s else self.message
        return replace(self, message=delayed(message) if late else message, late=late, step_s=0.0)


class Outbox:
    """Queue of unconfirmed messages; beyond `capacity` the oldest event is dropped and counted."""

    def __init__(self, capacity: int, mirror: OutboxMirror | None = None) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._mirror = mirror
        self._latest: dict[str, Message] = {}  # by topic, all that the broker is to retain
        self._unconfirmed: dict[str, Message] = {}  # those of `_latest` that it has not confirmed
        self._waiting: deque[_Waiting] = deque()
        self._qos0: dict[str, Message] = {}  # by topic, the latest message of QoS 0
        self._held_until_s: dict[str, float] = {}  # by topic: no event of it is sent before
        self._next = 1

    def __len__(self) -> int:
        """Return the number of unconfirmed messages."""
        return len(self._unconfirmed) + len(self._waiting)

    def restore(self, stored: Iterable[tuple[int, Message]]) -> None:
        """Put the messages of an earlier run, with their numbers, before all messages put since."""
        in_order = sorted(stored, key=lambda one: one[0])
        found = [_Waiting(number, delayed(message), 0.0, late=True, earlier=True) for number, message in in_order]
        self._waiting.extendleft(reversed(found))
        self._next = max(self._next, found[-1].number + 1 if found else 1)

    def put(self, message: Message, at_s: float = 0.0) -> None:
        """Add a message. `at_s`: seconds of any clock that never goes back, the same as in `connected`."""
        if message.retain:
            self._latest[message.topic] = self._unconfirmed[message.topic] = message
            return
        if message.qos == 0:
            self._qos0[message.topic] = message
            return
        if len(self._waiting) >= self._capacity:
            self._remove_from_mirror(self._waiting.popleft())
            self.dropped += 1
        self._waiting.append(_Waiting(self._next, message, at_s, earlier=is_delayed(message)))
        if self._mirror and message.durable:
            self._mirror.add(self._next, message)
        self._next += 1

    def first(self, at_s: float = 0.0) -> Message | None:
        """Return the message to send next: retained topics, then events, then QoS 0. `arrived` removes it."""
        if self._unconfirmed:
            return next(iter(self._unconfirmed.values()))
        for place, one in enumerate(self._waiting):
            if at_s >= self._held_until_s.get(one.message.topic, at_s):
                self._waiting[place] = one.at(at_s)  # it may have become late by now
                return self._waiting[place].message
        return next(iter(self._qos0.values()), None)

    def arrived(self, message: Message) -> None:
        """Remove a message that the broker has confirmed; a newer one on its topic remains."""
        if self._unconfirmed.get(message.topic) is message:
            del self._unconfirmed[message.topic]
            if not message.payload:  # sent only once: a second time could clear the topic of another device
                del self._latest[message.topic]
        elif self._qos0.get(message.topic) is message:
            del self._qos0[message.topic]
        else:
            self._take(message)

    def refused(self, message: Message, until_s: float) -> None:
        """Remove a message that the broker refuses; a durable one remains, and holds its topic until `until_s`."""
        if message.durable:
            self._held_until_s[message.topic] = until_s
        else:
            self.arrived(message)

    def move(self, step_s: float) -> None:
        """Let the episodes of this run whose messages wait begin `step_s` later, because the clock was set."""
        mine = [each.number for each in self._waiting if each.message.durable and not each.earlier]
        self._waiting = deque(
            replace(each, step_s=each.step_s + step_s) if each.number in mine else each for each in self._waiting
        )
        if self._mirror:
            self._mirror.move(mine, step_s)

    def drop(self, message: Message, *, for_good: bool = False) -> None:
        """Remove and count a message that can never be sent, so that those behind it can.

        `for_good`: a retained one is not sent on the next connection either.
        """
        self.arrived(message)
        if for_good and self._latest.get(message.topic) is message:
            del self._latest[message.topic]
        self.dropped += 1

    def resend_retained(self) -> None:
        """Queue every retained topic again."""
        self._unconfirmed = dict(self._latest)

    def connected(self, at_s: float) -> None:
        """Prepare for a new connection: queue every retained topic again, and mark the late events as delayed.

        A broker that was restarted may have lost the retained messages.
        """
        self.resend_retained()
        self._qos0.clear()
        self._held_until_s.clear()
        self._waiting = deque(one.at(at_s) for one in self._waiting)

    def _take(self, message: Message) -> None:
        """Remove a waiting message, which is the first of its topic."""
        for place, one in enumerate(self._waiting):
            if one.message is message:
                del self._waiting[place]
                self._remove_from_mirror(one)
                return

    def _remove_from_mirror(self, waiting: _Waiting) -> None:
        if self._mirror and waiting.message.durable:
            self._mirror.remove(waiting.number)
