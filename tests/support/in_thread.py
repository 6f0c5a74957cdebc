"""Something that runs on an event loop, in a thread of its own, for tests that block."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

from tests.support.patience import HANG_S

Thing = TypeVar("Thing")


@contextmanager
def in_thread(opened: AbstractAsyncContextManager[Thing]) -> Iterator[tuple[Thing, asyncio.AbstractEventLoop]]:
    """Keeps it open until the end of the block; yields it with its loop."""
    ready, over = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()
    things: list[Thing] = []

    async def keep() -> None:
        async with opened as thing:
            things.append(thing)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=loop.run_until_complete, args=(keep(),), name="in-thread", daemon=True)
    thread.start()
    try:
        assert ready.wait(HANG_S)
        yield things[0], loop
    finally:
        over.set()
        thread.join(HANG_S)
        loop.close()
