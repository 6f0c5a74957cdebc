"""A server on a free port of loopback, for fakes that speak a protocol by hand."""

import asyncio
from typing import Self


class LoopbackServer:
    """`async with LoopbackServer() as server:` listens on `server.port`; `serve` takes each connection."""

    port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError
