"""One daemon thread that makes every PortAudio call, so that one that hangs never takes the loop with it."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class AudioThread:
    """Makes one call after the other; the caller waits for each only as long as it likes.

    PortAudio may not be entered from two threads, and a stalled device can keep it for ever: the
    thread is then left behind, and being a daemon thread it does not keep the process alive either.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._asked = 0  # calls asked for; the loop's own
        self._done = 0  # calls come back; the thread's own
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """A call that nobody waits for any more has still not come back."""
        return self._asked > self._done

    async def call(self, work: Callable[[], T], limit_s: float) -> T:
        """The result of `work`, or its exception; TimeoutError after `limit_s`, though it may still run."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="audio", daemon=True)
            self._thread.start()
        result: Future[T] = Future()
        # Running, it cannot be cancelled: the work is done even if nobody waits for it any more.
        result.set_running_or_notify_cancel()
        self._asked += 1
        self._jobs.put((result, work))
        async with asyncio.timeout(limit_s):
            return await asyncio.wrap_future(result)

    def _serve(self) -> None:
        while True:
            self._run(*self._jobs.get())  # no name keeps a finished call's objects alive

    def _run(self, result: Future[Any], work: Callable[[], Any]) -> None:
        tell: Callable[[Any], None] = result.set_result
        try:
            outcome = work()
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits
            outcome, tell = error, result.set_exception
        self._done += 1  # before it is told, so that the next call does not find the thread busy
        tell(outcome)
