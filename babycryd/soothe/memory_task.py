"""Task of the memory of soothing: keeps it on the disk, heeds the owner's marks, and publishes what was learnt."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final

from babycryd.core.bus import Bus, Subscription
from babycryd.core.commands import Command, CommandResult, ForgetSounds
from babycryd.core.events import ClockSet, EpisodesMarked, Event
from babycryd.core.rounds import until_round_s
from babycryd.core.soothing_events import SoundJudged
from babycryd.soothe.beliefs import learnt
from babycryd.soothe.memory_file import MemoryFileError
from babycryd.soothe.memory_store import MemoryStore
from babycryd.soothe.sound_memory import SoundMemory

logger = logging.getLogger(__name__)

CHECK_EVERY_S: Final = 10.0  # whether the file was deleted or replaced, and whether a failed write can be made up for


class MemoryTask:
    """Optional task, `run`; a disk that fails costs what was learnt at the next restart, never the soothing."""

    EXECUTES: tuple[type[Command], ...] = (ForgetSounds,)
    EVENTS: tuple[type[Event], ...] = (SoundJudged, EpisodesMarked, ClockSet)

    def __init__(
        self,
        store: MemoryStore,
        memory: SoundMemory,
        sounds: Callable[[], tuple[str, ...]],
        events: Subscription,
        bus: Bus,
        now_s: Callable[[], float],
        utc: Callable[[], float] = time.time,
    ) -> None:
        """`memory`: the strategy's, which adds the tries; `sounds`: all that can be played; `now_s`: stream time."""
        self._store = store
        self._memory = memory
        self._sounds = sounds
        self._events = events
        self._bus = bus
        self._now_s = now_s
        self._utc = utc
        self._written = -1  # changes of the memory that are on the disk
        self._published = -1  # the same of `SoothingLearnt`
        self.trouble: str | None = None  # why it is not kept, or None

    async def run(self) -> None:
        """Follow the bus until cancelled."""
        await self._read()
        while True:
            await self._keep()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(until_round_s(CHECK_EVERY_S)):
                    self._note(await self._events.get())
            while len(self._events):
                self._note(await self._events.get())
            if await asyncio.to_thread(self._store.must_read):
                await self._read()

    async def execute(self, command: ForgetSounds) -> CommandResult:  # noqa: ARG002  # it has no value
        """Forget every try."""
        self._memory.forget()
        await self._keep()
        logger.info("forgetting which sounds have calmed this baby, as asked")
        return {"forgotten": True}

    def _note(self, event: Event) -> None:
        match event:
            case EpisodesMarked(marks=marks):
                self._memory.mark(dict(marks))
            case ClockSet(step_s=step_s):
                self._memory.move(step_s)
            case _:
                pass  # the strategy has added the try

    async def _read(self) -> None:
        """Put the tries of the file before those of this run; a file that has changed replaces them."""
        try:
            tries = await asyncio.to_thread(self._store.read)
        except MemoryFileError as error:
            self._complain(error)
            return
        if self._written >= 0:
            self._memory.forget()
        self._memory.recall(tries)
        self._written = self._memory.changes if self._memory.tries == tries else 0

    async def _keep(self) -> None:
        """Publish what has changed, and write it."""
        changes = self._memory.changes
        if changes != self._published:
            self._published = changes
            self._bus.publish(learnt(self._memory.tries, self._sounds(), self._now_s(), self._utc()))
        if changes == self._written:
            return
        try:
            if not await asyncio.to_thread(self._store.write, self._memory.tries):
                await self._read()
                return
        except MemoryFileError as error:
            self._complain(error)
            return
        if self.trouble:
            logger.info("what has calmed this baby is kept again")
        self._written, self.trouble = changes, None

    def _complain(self, error: MemoryFileError) -> None:
        if str(error) != self.trouble:
            logger.warning("which sounds have calmed this baby is not kept for now: %s", error)
        self.trouble = str(error)
