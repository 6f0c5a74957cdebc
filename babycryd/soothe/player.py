"""What a player does, and the one that plays through the loudspeaker."""

import queue
import threading
from asyncio import timeout, wrap_future
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol, TypeVar

from babycryd.soothe.mixer import Mixer, PlayerError
from babycryd.soothe.policy import LullabySettings, Track

T = TypeVar("T")

CALL_LIMIT_S = 2.0  # a stalled sound server can hold SDL for ever


class Player(Protocol):
    """Plays one lullaby at a time. Every method may raise PlayerError, and none blocks the loop."""

    async def prepare(self) -> None:
        """Do the slow part of the first `play` ahead of it; the speaker stays free."""

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        """Begin with the first track that can be read, and return it. Replaces what is playing."""

    async def set_volume(self, volume: float) -> None:
        """Volume, 0..1, of what is playing."""

    async def fade_out(self, fade_s: float) -> None:
        """Begin to fade; returns at once."""

    async def sounding(self) -> bool:
        """Whether a lullaby can be heard now; to be asked again and again while one plays."""

    async def close(self) -> None:
        """Be silent and let the speaker go, for good."""


class Worker:
    """Runs calls one after another on a thread of its own, which cannot keep the process from ending."""

    def __init__(self, name: str) -> None:
        # A call that is given up leaves its entry here until the thread is free again, then it is skipped.
        self._calls: queue.Queue[tuple[Future[Any], Callable[[], Any]] | None] = queue.Queue(maxsize=8)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def call(self, work: Callable[[], T], limit_s: float) -> T:
        """`work()` on the thread; TimeoutError when that takes too long, though it may yet go on there."""
        async with timeout(limit_s):
            return await wrap_future(self.begin(work))

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """`work()` on the thread, without waiting; TimeoutError when too many calls wait there already."""
        future: Future[T] = Future()
        try:
            self._calls.put_nowait((future, work))
        except queue.Full:
            raise TimeoutError from None
        return future

    def end(self) -> None:
        """Let the thread end after the calls made so far."""
        try:
            self._calls.put_nowait(None)
        except queue.Full:
            return  # stuck: it ends with the process

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, work = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001  # the caller's, on its own thread
                future.set_exception(error)


class MixerPlayer:
    """Player over pygame's mixer, on the speaker that the settings name."""

    def __init__(self, settings: LullabySettings) -> None:
        self._mixer = Mixer(settings.device)
        self._worker = Worker("lullaby")

    async def prepare(self) -> None:
        await self._call(self._mixer.prepare, limit_s=30.0)  # a Pi's first import of pygame from a slow card

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        play = partial(self._mixer.play, tracks, repeat_one=repeat_one, volume=volume, fade_in_s=fade_in_s)
        return await self._call(play)

    async def set_volume(self, volume: float) -> None:
        await self._call(partial(self._mixer.set_volume, volume))

    async def fade_out(self, fade_s: float) -> None:
        await self._call(partial(self._mixer.fade_out, fade_s))

    async def sounding(self) -> bool:
        try:
            return await self._call(self._mixer.sounding)
        except PlayerError:
            self._let_go()
            raise

    async def close(self) -> None:
        try:
            await self._call(self._mixer.close)
        finally:
            self._worker.end()

    def _let_go(self) -> None:
        """Close the speaker behind the scenes: on a stalled sound server this takes until it moves again."""
        try:
            self._worker.begin(self._mixer.close)
        except TimeoutError:
            return  # it waits there already

    async def _call(self, work: Callable[[], T], limit_s: float = CALL_LIMIT_S) -> T:
        try:
            return await self._worker.call(work, limit_s)
        except TimeoutError:
            raise PlayerError("the sound system does not answer; is the speaker or its sound server stalled?") from None
