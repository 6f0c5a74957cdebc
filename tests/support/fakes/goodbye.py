"""A broker that lets an MQTT 5 client in and ends the connection with a reason."""

import asyncio

from tests.support.fakes.loopback_server import LoopbackServer

WELCOME = b"\x20\x03\x00\x00\x00"  # CONNACK without properties, MQTT 5.0 section 3.2


class Goodbye(LoopbackServer):
    """`async with Goodbye(0x8E) as broker:` listens on `broker.port` of loopback. `logins` counts the clients."""

    def __init__(self, reason: int, *, at_once: bool = False) -> None:
        """`at_once`: welcome and goodbye come together, else the goodbye comes after the client's first packet."""
        self._goodbye = bytes([0xE0, 2, reason, 0])  # DISCONNECT, section 3.14
        self._at_once = at_once
        self.logins = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(4096):  # else it is the preflight
            self.logins += 1
            writer.write(WELCOME)
            if not self._at_once:
                await reader.read(4096)
            writer.write(self._goodbye)
            await writer.drain()
        writer.close()
