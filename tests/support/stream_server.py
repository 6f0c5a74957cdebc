"""HTTP server of sound for the tests: it sends a file, and then holds the connection or ends it, as a camera does."""

import asyncio
import base64
import io
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import numpy as np
import soundfile
from numpy.typing import NDArray

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """Answer for one path."""

    body: bytes = b""
    status: str = "200 OK"
    ends: bool = False  # the connection is closed behind the body


@dataclass(slots=True)
class StreamServer:
    """Running server: its port, and what it was asked."""

    pages: Mapping[str, Page]
    login: str = ""  # `name:password` that every request must bring
    port: int = 0
    paths: list[str] = field(default_factory=list)
    connections: set[asyncio.StreamWriter] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.paths.append(head.split()[1])
            wanted = f"Basic {base64.b64encode(self.login.encode()).decode()}"
            page = self.pages.get(head.split()[1], Page(status="404 Not Found", ends=True))
            if self.login and wanted not in head:
                page = Page(status="401 Unauthorized\r\nWWW-Authenticate: Basic realm=cam", ends=True)
            writer.write(f"HTTP/1.1 {page.status}\r\nConnection: close\r\n\r\n".encode() + page.body)
            if not page.ends:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass

    def hang_up(self) -> None:
        """End every connection."""
        for writer in self.connections:
            writer.transport.abort()


@asynccontextmanager
async def serving(
    pages: Mapping[str, Page], login: str = "", tls: ssl.SSLContext | None = None
) -> AsyncIterator[StreamServer]:
    """Serve these pages by path on a free port."""
    served = StreamServer(pages, login)
    async with listening(served.answer, served.connections, tls) as served.port:
        yield served


@asynccontextmanager
async def serving_bytes(content: bytes) -> AsyncIterator[int]:
    """Serve raw bytes over TCP, then hold the connection; gives the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        with suppress(ConnectionError):
            await reader.read()

    async with listening(answer, set()) as port:
        yield port


@asynccontextmanager
async def listening(
    answer: Answer, connections: set[asyncio.StreamWriter], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Answer connections to a free port, the yielded one. At the end each is aborted, and its task has ended."""
    tasks = set[asyncio.Task[None]]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        try:
            await answer(reader, writer)
        finally:
            connections.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(handle(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)  # a connection that was just accepted gets its task
        for writer in connections:
            writer.transport.abort()
        await asyncio.gather(*tasks)


def sound_file(sound: NDArray[np.float32], rate_hz: int, kind: str = "FLAC") -> bytes:
    """Return a file of sound, (n,) or (n, channels)."""
    file = io.BytesIO()
    soundfile.write(file, sound, rate_hz, format=kind)
    return file.getvalue()
