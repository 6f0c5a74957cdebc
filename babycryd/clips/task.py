"""Clip task: copies the sound of episodes out of the ring, for a thread that writes it to the disk."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from babycryd.clips.settings import ClipSettings
from babycryd.clips.store import ClipStore
from babycryd.clips.writer import RATE_HZ, ClipError, ClipWriter
from babycryd.core.bus import Subscription
from babycryd.core.events import ClockSet, CryEnded, CryStarted, LevelMeasured
from babycryd.system.worker_thread import WorkerThread

log = logging.getLogger(__name__)
T = TypeVar("T")

_MOST_WAITING: Final = 30  # seconds of sound that may wait for a slow disk
_LONGEST_GAP_S: Final = 30.0  # most silence written for sound that was lost
_TIDY_EVERY_S: Final = 6 * 3600.0
_MOST_MOVED: Final = 1000  # clips that move when the clock is set


class Sound(Protocol):
    """Slice of the ring."""

    @property
    def samples(self) -> NDArray[np.float32]: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...


Slice = Callable[[float, float], Sound | None]


class ClipTask:
    """Optional task of clips: `run` it while the daemon runs, then `close` it. A disk that fails costs only clips."""

    def __init__(
        self,
        settings: ClipSettings,
        store: ClipStore,
        subscription: Subscription,
        cut: Slice,
        pre_roll_s: float,
        retention_utc: Callable[[], float] = time.time,
    ) -> None:
        """`cut`: returns the sound between two stream times, as far as the ring still has it.

        `retention_utc`: the time by which clips are too old, see `system/retention_clock.py`.
        """
        self._settings = settings
        self._store = store
        self._events = subscription
        self._cut = cut
        self._pre_roll_s = pre_roll_s
        self._retention_utc = retention_utc
        self._worker = WorkerThread("clips", _MOST_WAITING)
        self._writer: ClipWriter | None = None  # for the worker's thread only
        self._episode: str | None = None  # being recorded
        self._recorded: deque[str] = deque(maxlen=_MOST_MOVED)  # episodes of this run
        self._next_s = 0.0  # stream time up to which it is recorded
        self._until_s = 0.0
        self.trouble: str | None = None

    async def run(self) -> None:
        """Record episodes until cancelled."""
        log.warning("clips.enabled is true: the sound of every episode is stored in %s", self._store.folder)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="clips-follow")
            group.create_task(self._tidy_for_ever(), name="clips-tidy")

    async def close(self, limit_s: float) -> None:
        """Finish the running clip; where that takes longer than `limit_s`, the next start finishes it."""
        while len(self._events):
            self._take(await self._events.get())
        self._finish()
        with contextlib.suppress(OSError):  # TimeoutError is one
            await self._worker.call(lambda: None, limit_s)
        self._worker.end()

    async def _follow(self) -> None:
        async for event in self._events:
            self._take(event)

    def _take(self, event: object) -> None:
        match event:
            case CryStarted(at_s=at_s, episode=episode):
                self._start(episode, at_s)
            case LevelMeasured(at_s=at_s) if self._episode is not None:
                self._record(at_s)
                if at_s >= self._until_s:
                    self._finish()
            case CryEnded(at_s=at_s) if self._episode is not None:
                self._record(at_s)
                self._finish()
            case ClockSet(step_s=step_s):
                self._move(step_s)

    def _move(self, step_s: float) -> None:
        """Let the clips of this run begin later by a step of the clock."""
        finished = [each for each in self._recorded if each != self._episode]

        def move() -> None:
            if self._writer is not None:
                self._writer.move(step_s)
            self._store.move(finished, step_s)

        self._submit(move)

    def _start(self, episode: str, at_s: float) -> None:
        self._finish()
        lead_in = self._cut(at_s - self._pre_roll_s, at_s)
        begin_s = at_s if lead_in is None else lead_in.start_s
        self._episode, self._next_s = episode, begin_s
        self._recorded.append(episode)
        self._until_s = at_s + self._settings.longest_min * 60
        free_mb = self._settings.keep_free_mb

        def begin() -> None:
            self._writer = ClipWriter(self._store.folder, episode, at_s - begin_s, free_mb)

        self._submit(begin)
        self._record(at_s)

    def _record(self, until_s: float) -> None:
        sound = self._cut(self._next_s, until_s)
        if sound is None:
            return
        lost = round(min(_LONGEST_GAP_S, max(0.0, sound.start_s - self._next_s)) * RATE_HZ)
        self._next_s = sound.end_s
        samples = np.concatenate([np.zeros(lost, np.float32), sound.samples]) if lost else sound.samples

        def write() -> None:
            if self._writer is not None:
                self._writer.write(samples)

        self._submit(write)

    def _finish(self) -> None:
        if self._episode is None:
            return
        self._episode = None
        settings = self._settings

        def finish() -> None:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.finish()
                self._store.tidy(self._retention_utc(), settings.keep_days, settings.max_mb)
                self.trouble = None

        self._submit(finish)

    def _submit(self, work: Callable[[], None]) -> None:
        """Do work in the thread, in order; a failure ends the clip, which keeps its sound so far."""

        def carefully() -> None:
            try:
                work()
            except (OSError, ClipError) as error:
                self._complain(str(error))
                writer, self._writer = self._writer, None
                if writer is not None:
                    with contextlib.suppress(OSError):  # it is tried again at the next start
                        writer.finish()

        try:
            self._worker.begin(carefully)
        except TimeoutError:
            self._complain(f"the disk of {self._store.folder} does not keep up; this clip has gaps")

    async def _tidy_for_ever(self) -> None:
        settings = self._settings
        self._submit(self._store.finish_interrupted)
        while True:
            self._submit(lambda: self._store.tidy(self._retention_utc(), settings.keep_days, settings.max_mb))
            await asyncio.sleep(_TIDY_EVERY_S)

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("clips: %s", trouble)
        self.trouble = trouble
