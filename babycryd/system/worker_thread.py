"""Worker thread for calls into libraries that may never return."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class WorkerThread:
    """Daemon thread that makes one call after the other; a caller waits for each only as long as it wants.

    PortAudio and SDL may not be called from two threads, and a stalled device or sound server can
    block them for ever: the thread is then abandoned, and as a daemon thread it does not keep
    the process alive.
    """

    def __init__(self, name: str, most_waiting: int = 8) -> None:
        """`most_waiting`: calls that may wait behind the running one; a further one is refused."""
        self._name = name
        self._calls: queue.Queue[tuple[Future[Any], Callable[[], Any]] | None] = queue.Queue(most_waiting)
        self._begun = 0  # calls, counted by the loop's thread only
        self._finished = 0  # counted by the worker's only
        self._thread: threading.Thread | None = None  # started by the first call

    @property
    def busy(self) -> bool:
        """Whether a call has not returned, perhaps one whose caller has stopped waiting."""
        return self._begun > self._finished

    async def call(self, work: Callable[[], T], limit_s: float) -> T:
        """Return the result of `work`, or raise its exception; TimeoutError after `limit_s`, though it may go on."""
        async with asyncio.timeout(limit_s):
            return await asyncio.wrap_future(self.begin(work))

    def begin(self, work: Callable[[], T]) -> "Future[T]":
        """Start `work` on the thread, without waiting. Raises TimeoutError where too many calls wait already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        result: Future[T] = Future()
        try:
            self._calls.put_nowait((result, work))
        except queue.Full:
            raise TimeoutError from None
        self._begun += 1
        return result

    def end(self) -> None:
        """Let the thread end after the calls made so far."""
        try:
            self._calls.put_nowait(None)
        except queue.Full:
            return  # stuck: it ends with the process

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            self._make(*call)
            del call  # else it would keep its objects alive until the next one

    def _make(self, result: "Future[Any]", work: Callable[[], Any]) -> None:
        # Running, a future cannot be cancelled: the work is done even if its caller has stopped waiting.
        set_result = _outcome(result, work) if result.set_running_or_notify_cancel() else None
        self._finished += 1  # before the result is set, so that the caller then finds the thread free
        if set_result is not None:
            set_result()


def _outcome(result: "Future[Any]", work: Callable[[], Any]) -> Callable[[], None]:
    """Do the work; return the call that passes its result to the future."""
    try:
        return partial(result.set_result, work())
    except BaseException as error:  # noqa: BLE001  # passed to the caller
        return partial(result.set_exception, error)
