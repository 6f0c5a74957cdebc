"""Cache of answers that take long: made one at a time, shared by those who ask for the same, and kept for a while."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 16  # answers; beyond, the oldest is dropped
_MOST_WAITING = 4  # different answers that take a second each and are asked for at the same time


class BusyError(Exception):
    """Too many different answers are asked for at the same time."""

    def __init__(self) -> None:
        super().__init__("too much is asked for at the same time; try again in some seconds")


class AnswerCache(Generic[T]):
    """Cache of answers by key. Loop thread only."""

    def __init__(self, keep_s: float, most_waiting: int | None = None) -> None:
        """`keep_s`: age at which an answer is made anew; 0: each time. `most_waiting`: None: as for pictures."""
        self._keep_s = keep_s
        self._most_waiting = most_waiting or _MOST_WAITING
        self._turn = asyncio.Lock()
        self._making: asyncio.Future[T] | None = None  # the last one
        self._waiting: Counter[Hashable] = Counter()
        self._answers: dict[Hashable, tuple[float, T]] = {}  # until when, by `time.monotonic`, and the answer

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to `key`, made by `make` where there is none. Raises BusyError and what `make` raises."""
        if key not in self._waiting and len(self._waiting) >= self._most_waiting:
            raise BusyError
        self._waiting[key] += 1
        try:
            await self._turn.acquire()
            making = self._making = asyncio.ensure_future(self._answer(key, make))
            making.add_done_callback(self._end_turn)
            return await asyncio.shield(making)
        finally:
            self._waiting[key] -= 1
            self._waiting += Counter()  # drops the keys that are not waited for

    async def _answer(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        until_s, answer = self._answers.get(key, (0.0, None))
        if answer is None or until_s < time.monotonic():
            answer = await make()
            if self._keep_s > 0:
                self._keep(key, answer)
        return answer

    def _end_turn(self, making: asyncio.Future[T]) -> None:
        """Let the next answer be made. A cancelled `get` does not: the thread that it began works on."""
        self._turn.release()
        if not making.cancelled():
            making.exception()  # marks it as retrieved, in case nothing waits for it any more

    def _keep(self, key: Hashable, answer: T) -> None:
        self._answers.pop(key, None)
        self._answers[key] = (time.monotonic() + self._keep_s, answer)
        while len(self._answers) > _MOST:
            del self._answers[next(iter(self._answers))]
