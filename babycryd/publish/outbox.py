"""PURE. Messages on their way to the broker: of a retained topic the latest, of the others all, up to a limit."""

from collections import deque

from babycryd.publish.messages import Message


class Outbox:
    """Holds what is not yet known to have arrived; beyond `capacity` the oldest unretained is dropped, counted."""

    def __init__(self, capacity: int) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._latest: dict[str, Message] = {}  # by topic, all that the broker ought to remember
        self._untold: dict[str, Message] = {}  # those of them that it has not confirmed
        self._waiting: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._untold) + len(self._waiting)

    def put(self, message: Message) -> None:
        if message.retain:
            self._latest[message.topic] = self._untold[message.topic] = message
            return
        if len(self._waiting) >= self._capacity:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(message)

    def first(self) -> Message | None:
        """What to send next, retained topics before events; it stays until `arrived`."""
        if self._untold:
            return next(iter(self._untold.values()))
        return self._waiting[0] if self._waiting else None

    def arrived(self, message: Message) -> None:
        """The broker has confirmed `message`; anything newer put meanwhile stays."""
        if self._untold.get(message.topic) is message:
            del self._untold[message.topic]
        elif self._waiting and self._waiting[0] is message:
            self._waiting.popleft()

    def tell_all_again(self) -> None:
        """A broker that may have forgotten everything hears every retained topic once more."""
        self._untold = dict(self._latest)
