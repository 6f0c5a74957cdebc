"""The event bus: bounded fan-out. A slow subscriber loses its own oldest events, counted, and delays no other."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from babycryd.core.events import Event
from babycryd.core.present import Present


class Subscription:
    """One reader's queue: at most `capacity` events, the oldest dropped and counted. Single consumer."""

    def __init__(
        self,
        name: str,
        capacity: int,
        only: tuple[type[Event], ...] | None = None,
        unhurried: tuple[type[Event], ...] = (),
    ) -> None:
        """`only`: the kinds of events wanted; None: all.

        `unhurried`: kinds that do not wake the reader: it gets them, in order, with the next event of another kind, or
        when half of the queue is full.
        """
        self.name = name
        self.dropped = 0
        self.only = only
        self._unhurried = unhurried
        self._events: deque[Event] = deque()
        self._capacity = capacity
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        """Return the number of events that wait."""
        return len(self._events)

    @property
    def waiting(self) -> tuple[Event, ...]:
        """The events that wait, in order."""
        return tuple(self._events)

    def put(self, event: Event) -> None:
        """Add an event; drop the oldest one where the queue is full."""
        if len(self._events) >= self._capacity:
            self._events.popleft()
            self.dropped += 1
        self._events.append(event)
        if not isinstance(event, self._unhurried) or len(self._events) >= self._capacity / 2:
            self._arrived.set()

    def offer(self, event: Event) -> None:
        """Add an event of a wanted kind."""
        if self.only is None or isinstance(event, self.only):
            self.put(event)

    async def get(self) -> Event:
        """Return the next event; wait for one."""
        while not self._events:
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self.get()


class Bus:
    """Bus that gives every event to every subscription, at once and in order. Loop thread only."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._lost_before: dict[str, int] = {}  # by subscriptions that have ended
        self._present = Present()

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions that have not ended."""
        return tuple(self._subscriptions)

    def subscribe(
        self,
        name: str,
        capacity: int = 256,
        only: tuple[type[Event], ...] | None = None,
        unhurried: tuple[type[Event], ...] = (),
    ) -> Subscription:
        """Begin a subscription; its parameters are those of `Subscription`."""
        subscription = Subscription(name, capacity, only, unhurried)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; the events that it lost are still counted."""
        self._subscriptions.remove(subscription)
        if subscription.dropped:
            self._lost_before[subscription.name] = self._lost_before.get(subscription.name, 0) + subscription.dropped

    def publish(self, event: Event) -> None:
        """Put an event into every subscription to its kind."""
        self._present.note(event)
        for subscription in self._subscriptions:
            subscription.offer(event)

    def catch_up(self, subscription: Subscription) -> None:
        """Put the events that describe the present into a subscription that began late."""
        for event in self._present.events:
            subscription.offer(event)

    @property
    def dropped(self) -> dict[str, int]:
        """Counts of lost events, by subscriber name."""
        lost = dict(self._lost_before)
        for each in self._subscriptions:
            if each.dropped:
                lost[each.name] = lost.get(each.name, 0) + each.dropped
        return lost
