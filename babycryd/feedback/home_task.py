"""Home task: collects the sounds of this home from the bus, and learns from them in a quiet hour of the night."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from babycryd.core.bus import Subscription
from babycryd.core.events import CandidateHeard, CryEnded, CryStarted, Event, StateChanged
from babycryd.core.rounds import next_round
from babycryd.feedback.book import FeedbackError
from babycryd.feedback.home_sounds import HomeSound, HomeSounds
from babycryd.feedback.home_store import HomeStore, LearntHome

log = logging.getLogger(__name__)

CHECK_EVERY_S: Final = 10.0
WRITE_EVERY_S: Final = 1800.0  # spares the memory card; a restart costs what was heard since the last write
LEARN_FROM_HOUR: Final = 3  # local time
QUIET_S: Final = 1800.0  # without any candidate, before a night is learnt
LEAST_BETWEEN_S: Final = 12 * 3600.0  # from night to night by the stream's time; a clock may be set back and forth

Learn = Callable[[Sequence[HomeSound], int], None]


def is_due(local: datetime, learnt_on: str, quiet_s: float, *, crying: bool) -> bool:
    """Return whether the night may be learnt now: once a day, from LEARN_FROM_HOUR on, in quiet."""
    is_new = local.date().isoformat() != learnt_on
    return is_new and local.hour >= LEARN_FROM_HOUR and quiet_s >= QUIET_S and not crying


class HomeTask:
    """Optional task that learns this home, `run`; a disk that fails costs what is new, never the listening."""

    EVENTS: tuple[type[Event], ...] = (CandidateHeard, CryStarted, CryEnded, StateChanged)

    def __init__(
        self,
        store: HomeStore,
        model: str,
        events: Subscription,
        learn: Learn,
        now_s: Callable[[], float],
        local: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        """`model`: checksum of the running model; `learn` blocks; `now_s`: stream time; `local`: time of this place."""
        self._store = store
        self._model = model
        self._events = events
        self._learn = learn
        self._now_s = now_s
        self._local = local
        self._home = HomeSounds()
        self._learnt_on = ""
        self._written: tuple[HomeSound, ...] = ()
        self._written_s = self._began_s = 0.0  # stream time
        self._learn_from_s = float("-inf")  # stream time
        self._complaint = ""

    async def run(self) -> None:
        """Follow the bus until cancelled."""
        await self._open()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="home-follow")
            group.create_task(self._learn_nightly(), name="home-learn")

    async def _open(self) -> None:
        try:
            kept = await asyncio.to_thread(self._store.read, self._model)
        except FeedbackError as error:
            self._complain(error)
            kept = LearntHome(self._model)
        self._home.sounds, self._home.night, self._written = kept.sounds, kept.night, kept.sounds
        self._learnt_on = kept.learnt_on or self._local().date().isoformat()
        self._began_s = self._written_s = self._now_s()
        if kept.sounds:
            await asyncio.to_thread(self._learn, kept.sounds, kept.night)
        else:
            await self._write()  # from now on, `babycryd feedback --forget` has a file to delete

    async def _follow(self) -> None:
        async for event in self._events:
            self._home.note(event)

    async def _learn_nightly(self) -> None:
        while True:
            await next_round(CHECK_EVERY_S)
            await self._check(self._now_s())

    async def _check(self, now_s: float) -> None:
        self._home.settle(now_s)
        if await asyncio.to_thread(self._store.was_deleted):
            await self._forget()
        quiet_s = now_s - max(self._home.last_s, self._began_s)
        due = is_due(self._local(), self._learnt_on, quiet_s, crying=self._home.crying)
        if due and now_s >= self._learn_from_s:
            self._learn_from_s = now_s + LEAST_BETWEEN_S
            self._home.night += 1
            self._learnt_on = self._local().date().isoformat()
            await asyncio.to_thread(self._learn, self._home.sounds, self._home.night)
            await self._write()
        elif self._home.sounds != self._written and now_s - self._written_s >= WRITE_EVERY_S:
            await self._write()

    async def _write(self) -> None:
        """Keep all sounds; a file that was deleted meanwhile means that they are to be forgotten."""
        sounds, self._written_s = self._home.sounds, self._now_s()
        try:
            kept = LearntHome(self._model, self._home.night, self._learnt_on, sounds)
            if await asyncio.to_thread(self._store.write, kept):
                self._written, self._complaint = sounds, ""
            else:
                await self._forget()
        except FeedbackError as error:
            self._complain(error)

    async def _forget(self) -> None:
        log.info("forgetting what this home sounds like, as its file was deleted")
        self._home.forget()
        await asyncio.to_thread(self._learn, (), 0)
        await self._write()

    def _complain(self, error: FeedbackError) -> None:
        if str(error) != self._complaint:
            log.warning("what this home sounds like is not kept for now: %s", error)
        self._complaint = str(error)
