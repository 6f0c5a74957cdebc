"""Inbox from the audio thread to the loop: bounded, the oldest item dropped and counted."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Bounded queue: one thread puts, one task takes; `put` holds no lock and never waits or raises.

    Items are numbered as they are put, so that the taking side sees where some were dropped and
    nothing has to be counted in the audio callback.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, capacity_blocks: int) -> None:
        self.dropped = 0
        self._loop = loop
        self._items: deque[tuple[int, T]] = deque(maxlen=capacity_blocks)
        self._taker: asyncio.Future[None] | None = None  # of the `take` that waits for an item
        self._put = 0  # items put so far; the audio thread's own
        self._taken = 0  # number of the next item expected; the loop's own

    def put(self, item: T) -> None:
        """Append an item. May be called from any thread, but always from the same one."""
        self._items.append((self._put, item))
        self._put += 1
        with suppress(RuntimeError):  # the loop is closed: no task is left to be woken
            self._loop.call_soon_threadsafe(self._wake)

    async def take(self, timeout_s: float) -> list[tuple[int, T]]:
        """Return all waiting items, oldest first, each with the number of items dropped just before it.

        Wait for one for at most `timeout_s`; so there may be none.
        """
        if not self._items:
            # Made before the wait and set by the loop itself, so that no wake-up is lost in between. An event and
            # `asyncio.timeout` would do the same for 40 us more of a hop.
            self._taker = self._loop.create_future()
            timer = self._loop.call_later(timeout_s, self._wake)
            try:
                await self._taker
            finally:
                timer.cancel()
                self._taker = None
        return [self._take_one() for _ in range(len(self._items))]

    def _wake(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    def _take_one(self) -> tuple[int, T]:
        number, item = self._items.popleft()
        lost = number - self._taken
        self._taken = number + 1
        self.dropped += lost
        return lost, item
