"""Watch for the birth of Home Assistant, after which it may not know us any more."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

import aiomqtt

_WITHIN_S: Final = 2.0  # of the birth; random, so that not all devices publish at once
_EVERY_S: Final = 30.0  # at most, however many births are told


class BirthWatch:
    """Watch that has every retained topic sent again after a birth, once for all births within _EVERY_S."""

    def __init__(self, resend: Callable[[], None]) -> None:
        self._resend = resend
        self._born = asyncio.Event()

    def take(self, message: aiomqtt.Message) -> None:
        """Note a message on Home Assistant's status topic."""
        if message.payload == b"online":
            self._born.set()

    async def run(self) -> None:
        """Call `resend` after births until cancelled."""
        while True:
            await self._born.wait()
            await asyncio.sleep(random.uniform(0.0, _WITHIN_S))  # noqa: S311  # not a secret
            self._born.clear()
            self._resend()
            await asyncio.sleep(_EVERY_S)
