"""Delivery of the notices to one recipient: one after the other, each until the service has it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from babycryd.core.supervision import Backoff
from babycryd.notify.message import Message
from babycryd.notify.queue import NoticeQueue, Waiting
from babycryd.notify.sender import Outcome, Sender

log = logging.getLogger(__name__)

MOST_UNCLEAR: Final = 10  # tries in a row that may have arrived, at a service that cannot say; then it is given up
_LONGEST_PAUSE_S: Final = 60.0
_REFUSED_PAUSE_S: Final = 300.0  # an owner has to mend it
_BACK_MIN: Final = 10.0  # minutes before the first try that the service is asked for: its clock may be ahead

Words = Callable[[Waiting, float], Message]  # takes the UTC time at which it is sent


class Delivery:
    """Delivery to one recipient, while `run` runs.

    Every try is written to the disk before it begins. Where its outcome stays unclear, because the answer was lost or
    the daemon was killed, the service is asked whether it has the message; one that cannot say gets it again, under the
    same id.
    """

    def __init__(  # by keyword
        self,
        *,
        to: str,
        sender: Sender,
        queue: NoticeQueue,
        written: Callable[[], Awaitable[None]],
        words: Words,
        utc: Callable[[], float],
        backoff: Backoff | None = None,
    ) -> None:
        """`written`: waits until the queue's mirror is on the disk."""
        self._to = to
        self._sender = sender
        self._queue = queue
        self._written = written
        self._words = words
        self._utc = utc
        self._backoff = backoff or Backoff(lowest_s=2.0, highest_s=_LONGEST_PAUSE_S)
        self._wake = asyncio.Event()
        self.trouble: str | None = None  # why alerts do not arrive; None: they do

    def wake(self) -> None:
        """Look into the queue again."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            waiting = self._queue.first(self._to, self._utc())
            if waiting is None:
                self._wake.clear()
                await self._wake.wait()
            elif pause_s := await self.try_once(waiting):
                await asyncio.sleep(pause_s)

    async def try_once(self, waiting: Waiting) -> float:
        """Try to deliver a notice; return how long to wait before the next try."""
        if waiting.unclear and waiting.tried:
            try:
                found = await self._sender.has(waiting.tried, self._minutes_since(waiting))
            except LookupError as error:
                return self._tell(Outcome("unclear", str(error)))
            if found:
                return self._arrived(waiting)
            if found is None and waiting.unclear >= MOST_UNCLEAR:
                log.warning("given up: %s has perhaps not got the alert %s", self._to, waiting.notice.alert)
                self._queue.drop(waiting)
                return 0.0
            waiting = self._queue.failed(waiting) if found is False else waiting
        message = self._words(waiting, self._utc())
        waiting = self._queue.tries(waiting, message, self._utc())
        await self._written()
        return self._settled(waiting, await self._sender.send(message))

    def _settled(self, waiting: Waiting, outcome: Outcome) -> float:
        match outcome.kind:
            case "accepted":
                return self._arrived(waiting)
            case "impossible":
                self._queue.drop(waiting)
                self._tell(outcome)
                return 0.0
            case "failed" | "refused":
                self._queue.failed(waiting)
        return self._tell(outcome)

    def _arrived(self, waiting: Waiting) -> float:
        self._queue.arrived(waiting)
        self._backoff.reset()
        if self.trouble:
            log.info("alerts reach %s again", self._to)
        self.trouble = None
        return 0.0

    def _tell(self, outcome: Outcome) -> float:
        """Note why a try did not succeed; return the pause before the next one."""
        trouble = f"{self._to}: {outcome.why}"
        if trouble != self.trouble:
            log.warning("an alert does not reach %s", trouble)
        self.trouble = trouble
        pause_s = _REFUSED_PAUSE_S if outcome.kind == "refused" else self._backoff.pause_s()
        return max(pause_s, outcome.retry_after_s)

    def _minutes_since(self, waiting: Waiting) -> float:
        return max(0.0, self._utc() - waiting.tried_utc_s) / 60 + _BACK_MIN
