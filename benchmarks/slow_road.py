"""A TCP port behind which every byte takes its time."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def slow_road(to_port: int, delay_s: float) -> Iterator[int]:
    """The number of a port of loopback that leads to another, `delay_s` later in both directions."""
    loop = asyncio.new_event_loop()
    ready, port = threading.Event(), 0

    async def travel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65_536):
                loop.call_later(delay_s, writer.write, piece)
        loop.call_later(delay_s, writer.close)

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(travel(reader, back), travel(there, writer))

    async def open_road() -> None:
        nonlocal port
        server = await asyncio.start_server(enter, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        loop.create_task(open_road())  # noqa: RUF006  # the loop lives longer
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
