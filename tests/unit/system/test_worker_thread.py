import threading

import pytest

from babycryd.system.worker_thread import WorkerThread
from tests.support.patience import HANG_S, until


async def test_results_and_exceptions_come_back() -> None:
    thread = WorkerThread("test")
    assert await thread.call(lambda: 42, HANG_S) == 42
    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 // 0, HANG_S)
    assert not await thread.call(lambda: threading.current_thread() is threading.main_thread(), HANG_S)


async def test_a_call_that_hangs_is_left_and_later_ones_wait_for_it() -> None:
    thread, free = WorkerThread("test"), threading.Event()
    done: list[str] = []

    def first() -> None:
        free.wait(HANG_S)
        done.append("first")

    with pytest.raises(TimeoutError):
        await thread.call(first, 0.05)
    assert thread.busy
    threading.Timer(0.1, free.set).start()
    await thread.call(lambda: done.append("second"), HANG_S)
    assert done == ["first", "second"]
    await until(lambda: not thread.busy)


async def test_a_full_queue_is_a_timeout_and_not_a_wait() -> None:
    worker, free = WorkerThread("test"), threading.Event()
    begun = 0

    def fill() -> None:
        nonlocal begun
        while begun < 20:
            worker.begin(lambda: free.wait(HANG_S))
            begun += 1

    with pytest.raises(TimeoutError):
        fill()
    free.set()
    worker.end()
    assert 8 <= begun <= 9  # the waiting ones, and perhaps the one at work
