"""A broker from before MQTT 5, as small as it can be: takes MQTT 3.1.1 clients, confirms what they ask for."""

import asyncio

from tests.support.fakes.loopback_server import LoopbackServer

CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8  # packet types, MQTT 3.1.1 section 2.2.1
WRONG_PROTOCOL = b"\x20\x02\x00\x01"  # CONNACK, section 3.2
WELCOME = b"\x20\x02\x00\x00"


class OldBroker(LoopbackServer):
    """`async with OldBroker() as old:` listens on `old.port` of loopback.

    With `hangs_up` it does so instead of confirming anything; `pushes` follows each SUBACK.
    """

    def __init__(self, *, hangs_up: bool = False, pushes: bytes = b"") -> None:
        self._hangs_up = hangs_up
        self._pushes = pushes
        self.levels: list[int] = []  # protocol level of each CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5
        self.published = asyncio.Event()
        self.subscribed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except asyncio.IncompleteReadError:
            pass  # the client has hung up
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One packet, all of them shorter than 16 kB; False where the connection is to end."""
        head = (await reader.readexactly(1))[0]
        length = (await reader.readexactly(1))[0]
        if length >= 128:
            length += ((await reader.readexactly(1))[0] - 1) * 128
        body = await reader.readexactly(length)
        if head >> 4 == CONNECT:
            self.levels.append(body[6])  # behind the name, two bytes of length and "MQTT"
            writer.write(WELCOME if body[6] == 4 else WRONG_PROTOCOL)
            return body[6] == 4
        if self._hangs_up:
            return False
        if head >> 4 == PUBLISH:
            topic_length = int.from_bytes(body[:2], "big")
            writer.write(b"\x40\x02" + body[2 + topic_length : 4 + topic_length])  # PUBACK, section 3.4
            self.published.set()
        if head >> 4 == SUBSCRIBE:
            codes = b"\x01" * _topics_in(body[2:])
            writer.write(bytes([0x90, 2 + len(codes)]) + body[:2] + codes + self._pushes)  # SUBACK, section 3.9
            self.subscribed.set()
        return True


def _topics_in(payload: bytes) -> int:
    """How many a SUBSCRIBE asks for: of each the length in two bytes, the name, a byte of options, section 3.8.3."""
    count = 0
    while payload:
        payload = payload[2 + int.from_bytes(payload[:2], "big") + 1 :]
        count += 1
    return count
