import asyncio
import threading
from collections import deque

from babycryd.capture.inbox import Inbox
from tests.support.patience import HANG_S


async def test_items_put_by_a_thread_arrive_in_order() -> None:
    inbox: Inbox[int] = Inbox(asyncio.get_running_loop(), 1000)
    thread = threading.Thread(target=lambda: deque(map(inbox.put, range(500))))
    thread.start()
    taken: list[tuple[int, int]] = []
    while len(taken) < 500:
        taken += await inbox.take(1.0)
    thread.join()
    assert taken == [(0, i) for i in range(500)]
    assert inbox.dropped == 0


async def test_a_full_inbox_drops_the_oldest_and_says_where() -> None:
    inbox: Inbox[str] = Inbox(asyncio.get_running_loop(), 3)
    inbox.put("a")
    assert await inbox.take(0) == [(0, "a")]
    for item in "bcdef":
        inbox.put(item)
    assert await inbox.take(0) == [(2, "d"), (0, "e"), (0, "f")]
    assert inbox.dropped == 2


async def test_nothing_comes_nothing_is_taken() -> None:
    inbox: Inbox[int] = Inbox(asyncio.get_running_loop(), 3)
    assert await inbox.take(0.01) == []


async def test_a_waiting_task_is_woken() -> None:
    loop = asyncio.get_running_loop()
    inbox: Inbox[int] = Inbox(loop, 3)
    threading.Timer(0.05, inbox.put, [7]).start()
    assert await inbox.take(HANG_S) == [(0, 7)]


def test_a_closed_loop_does_not_hurt_the_audio_thread() -> None:
    loop = asyncio.new_event_loop()
    inbox: Inbox[int] = Inbox(loop, 3)
    loop.close()
    for i in range(5):
        inbox.put(i)
    assert asyncio.run(inbox.take(0)) == [(2, 2), (0, 3), (0, 4)]
