"""Way to a server on loopback that can be cut and mended, while the server itself stays where it is."""

import asyncio
from contextlib import suppress
from typing import Self

from tests.support.ports import free_port


class Road:
    """`async with Road(broker.port) as road:` `road.port` leads to that port; nothing listens there while it is cut.

    So what is subscribed at the server hears every message that comes over the road, from its first one on.
    """

    def __init__(self, to_port: int, *, begins_cut: bool = False) -> None:
        self.port = free_port()
        self._to_port = to_port
        self._begins_cut = begins_cut
        self._server: asyncio.Server | None = None
        self._ends: list[asyncio.StreamWriter] = []
        self._travellers = set[asyncio.Task[None]]()

    async def __aenter__(self) -> Self:
        if not self._begins_cut:
            await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        await asyncio.gather(*self._travellers)

    def cut(self) -> None:
        """Ends every connection, and lets none be made."""
        if self._server:
            self._server.close()
            self._server = None
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def mend(self) -> None:
        """Lets connections be made from now on."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.append(writer)
        traveller = asyncio.get_running_loop().create_task(self._carry(reader, writer), name="road")
        self._travellers.add(traveller)
        traveller.add_done_callback(self._travellers.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        if writer not in self._ends:  # cut meanwhile
            back.transport.abort()
            return
        self._ends.append(back)
        await asyncio.gather(_travel(reader, back), _travel(there, writer))


async def _travel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()
