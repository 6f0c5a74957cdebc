"""The optional task that follows the bus and keeps what happened; it never waits for the disk."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final

from babycryd.core.bus import Subscription
from babycryd.core.events import EpisodeInterrupted, Event, Route
from babycryd.history.recorder import Record, Recorder
from babycryd.history.writer import HistoryWriter
from babycryd.system.worker_thread import WorkerThread

_MOST_CALLS: Final = 500  # a disk that is so far behind is broken
_SLOW: Final = "the disk does not answer: history is lost"


class HistoryTask:
    """`run` it for as long as the daemon runs, then `close` it."""

    def __init__(
        self,
        recorder: Recorder,
        writer: HistoryWriter,
        subscription: Subscription,
        route: Callable[[], Route] = lambda: "local",
        utc: Callable[[], float] = time.time,
        tell: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """`route`: where sounds are judged at this moment; `tell` the others of what an earlier run was killed in."""
        self._recorder = recorder
        self._writer = writer
        self._events = subscription
        self._route = route
        self._utc = utc
        self._tell = tell
        self._worker = WorkerThread("history", _MOST_CALLS)
        self._lost = False
        self._at_s = 0.0  # stream time of the last event

    @property
    def trouble(self) -> str | None:
        """Why nothing is kept, if so."""
        return _SLOW if self._lost else self._writer.trouble

    async def run(self) -> None:
        """Until cancelled."""
        self._keep([])  # an episode that the last run left open ends now, not with the next one
        async for event in self._events:
            self._at_s = event.at_s
            if records := self._recorder.take(event, self._utc(), self._route()):
                self._keep(records)

    async def close(self, limit_s: float) -> None:
        """Everything is on the disk, unless that takes too long."""
        while len(self._events):
            event = await self._events.get()
            self._at_s = event.at_s
            self._keep(self._recorder.take(event, self._utc(), self._route()))
        self._keep(self._recorder.stop(self._at_s, self._utc()))
        with contextlib.suppress(OSError):  # TimeoutError is one
            await self._worker.call(self._writer.close, limit_s)
        self._worker.end()

    def _keep(self, records: Sequence[Record]) -> None:
        try:
            kept = self._worker.begin(partial(self._writer.keep, records, self._utc()))
            kept.add_done_callback(partial(self._tell_what_was_left, asyncio.get_running_loop()))
        except TimeoutError:
            self._lost = True
        else:
            self._lost = False

    def _tell_what_was_left(
        self, loop: asyncio.AbstractEventLoop, kept: "Future[Sequence[EpisodeInterrupted]]"
    ) -> None:
        """On the disk's thread."""
        for each in kept.result():
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._tell, each)
