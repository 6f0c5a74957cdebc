"""Virtual time: a loop whose waits end at once, with `time.monotonic` moved on by what was waited.

What a test of an asyncio program sees then depends neither on the load of the machine nor on its clock, and costs no
time. It is for programs that wait in their loop only: virtual time does not wait for a thread, a process or a socket.
"""

import asyncio
import time
from selectors import SelectorKey

import pytest


class VirtualTime:
    """Clock that stands still while the program computes, and leaps over each wait of its loop."""

    def __init__(self, loop: asyncio.SelectorEventLoop) -> None:
        self._now_s = time.monotonic()
        self._ready = loop._selector.select  # type: ignore[attr-defined]

    def monotonic(self) -> float:
        """Return the virtual time, s."""
        return self._now_s

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready now; where nothing is, leap over `timeout`, s. Without a timer it waits for real."""
        ready: list[tuple[SelectorKey, int]] = self._ready(timeout if timeout is None else 0)
        if not ready and timeout:
            self._now_s += timeout
        return ready


@pytest.fixture
async def virtual_time(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    """Virtual time in the loop of this test, and everywhere in `time.monotonic`."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, asyncio.SelectorEventLoop)
    clock = VirtualTime(loop)
    monkeypatch.setattr(loop._selector, "select", clock.select)  # type: ignore[attr-defined]
    monkeypatch.setattr(loop, "time", clock.monotonic)
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    return clock
