"""A door before a real broker that treats MQTT 5 as brokers of older days do, and lets MQTT 3.1.1 through."""

import asyncio
from contextlib import suppress
from typing import Literal

from tests.support.fakes.loopback_server import LoopbackServer
from tests.support.fakes.old_broker import WRONG_PROTOCOL

Manner = Literal["hangs up", "is silent", "refuses", "babbles", "lets all in", "hangs up on all"]


class Mqtt3Door(LoopbackServer):
    """`async with Mqtt3Door(broker.port, "hangs up") as door:` listens on `door.port` of loopback."""

    def __init__(self, to_port: int, manner: Manner) -> None:
        self._to_port = to_port
        self.manner = manner
        self.levels: list[int] = []  # protocol level of each CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5
        self._ends: list[asyncio.StreamWriter] = []

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        self.cut()

    def cut(self) -> None:
        """Every connection is lost."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.append(writer)
        begun = await reader.read(4096)
        if not begun:  # the preflight
            writer.close()
            return
        level = begun[begun.index(b"MQTT") + 4]
        self.levels.append(level)
        if self.manner != "lets all in" and (level == 5 or self.manner == "hangs up on all"):
            await self._turn_away(writer)
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._ends.append(back)
        back.write(begun)
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    async def _turn_away(self, writer: asyncio.StreamWriter) -> None:
        if self.manner == "is silent":
            return
        if self.manner == "refuses":
            writer.write(WRONG_PROTOCOL)
        if self.manner == "babbles":
            writer.write(b"\x20\x01\x00")  # a CONNACK that is too short
        with suppress(OSError):
            await writer.drain()
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()
