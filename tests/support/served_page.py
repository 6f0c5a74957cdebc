"""The page of a fake device, served in a thread of its own, for tests that drive a browser."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from babycryd.core.events import Event
from tests.support.in_thread import in_thread
from tests.support.serving import ServedDevice, serving


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page at `url`; `tell` publishes events behind it."""

    device: ServedDevice
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.device.port}/"

    def tell(self, event: Event) -> None:
        self.loop.call_soon_threadsafe(self.device.bus.publish, event)


@contextmanager
def served_page(folder: Path, device: ServedDevice) -> Iterator[ServedPage]:
    """Serves the page until the end of the block."""
    with in_thread(serving(folder, device=device)) as (_, loop):
        yield ServedPage(device, loop)
