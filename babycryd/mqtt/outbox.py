"""PURE. The outbox: messages that the broker has not confirmed yet.

It holds the latest message of a retained topic, all events up to a limit, and the latest QoS 0 message of a topic.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from babycryd.mqtt.message import Message, delayed

LATE_S: Final = 10.0  # an event that has waited for so long is marked as delayed


class OutboxMirror(Protocol):
    """Store that mirrors the durable messages until they have arrived, so that a crash loses none."""

    def added(self, number: int, message: Message) -> None:
        """Keep it."""

    def gone(self, number: int) -> None:
        """It has arrived, or was dropped."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    number: int
    message: Message
    since_s: float
    late: bool = False  # and its message says so

    def at(self, at_s: float) -> "_Waiting":
        """This message as it is to be sent at `at_s`: marked as delayed once it is late."""
        if self.late or at_s - self.since_s < LATE_S:
            return self
        return replace(self, message=delayed(self.message), late=True)


class Outbox:
    """Holds what is not yet known to have arrived; beyond `capacity` the oldest unretained is dropped, counted."""

    def __init__(self, capacity: int, copy: OutboxMirror | None = None) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._copy = copy
        self._latest: dict[str, Message] = {}  # by topic, all that the broker ought to remember
        self._untold: dict[str, Message] = {}  # those of them that it has not confirmed
        self._waiting: deque[_Waiting] = deque()
        self._passing: dict[str, Message] = {}  # by topic, what is worth hearing now or never (QoS 0)
        self._held_until_s: float | None = None
        self._next = 1

    def __len__(self) -> int:
        """What the broker has yet to confirm."""
        return len(self._untold) + len(self._waiting)

    def restore(self, kept: Iterable[tuple[int, Message]]) -> None:
        """What an earlier run could not deliver, with the numbers it had; goes before anything put since."""
        in_order = sorted(kept, key=lambda one: one[0])
        found = [_Waiting(number, delayed(message), 0.0, late=True) for number, message in in_order]
        self._waiting.extendleft(reversed(found))
        self._next = max(self._next, found[-1].number + 1 if found else 1)

    def put(self, message: Message, at_s: float = 0.0) -> None:
        """`at_s`: seconds of any clock that never goes back, the same as in `connected`."""
        if message.retain:
            self._latest[message.topic] = self._untold[message.topic] = message
            return
        if message.qos == 0:
            self._passing[message.topic] = message
            return
        if len(self._waiting) >= self._capacity:
            self._gone(self._waiting.popleft())
            self.dropped += 1
        self._waiting.append(_Waiting(self._next, message, at_s))
        if self._copy and message.durable:
            self._copy.added(self._next, message)
        self._next += 1

    def first(self, at_s: float = 0.0) -> Message | None:
        """What to send next, retained topics before events before ticks; it stays until `arrived`."""
        if self._untold:
            return next(iter(self._untold.values()))
        if self._waiting and (self._held_until_s is None or at_s >= self._held_until_s):
            self._waiting[0] = self._waiting[0].at(at_s)  # it may have been refused for a while
            return self._waiting[0].message
        return next(iter(self._passing.values()), None)

    def arrived(self, message: Message) -> None:
        """The broker has confirmed `message`; anything newer put meanwhile stays."""
        if self._untold.get(message.topic) is message:
            del self._untold[message.topic]
            if not message.payload:  # sent once only: again, it could empty the topic of another device
                del self._latest[message.topic]
        elif self._waiting and self._waiting[0].message is message:
            self._gone(self._waiting.popleft())
        elif self._passing.get(message.topic) is message:
            del self._passing[message.topic]

    def refused(self, message: Message, until_s: float) -> None:
        """The broker does not want it: what must not be lost stays, and all events wait behind it until then."""
        if message.durable:
            self._held_until_s = until_s
        else:
            self.arrived(message)

    def retell(self) -> None:
        """Sends every retained topic again."""
        self._untold = dict(self._latest)

    def connected(self, at_s: float) -> None:
        """A broker that may have forgotten everything hears every retained topic again; what is late says so."""
        self.retell()
        self._passing.clear()
        self._held_until_s = None
        self._waiting = deque(one.at(at_s) for one in self._waiting)

    def _gone(self, waiting: _Waiting) -> None:
        if self._copy and waiting.message.durable:
            self._copy.gone(waiting.number)
