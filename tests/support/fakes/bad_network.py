"""A real HTTP proxy on the way to the bucket that can be made to misbehave."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import aiohttp
from aiohttp import web

from tests.support.patience import HANG_S


@dataclass
class Trouble:
    """What happens to the requests that match; everything else passes."""

    method: str = ""  # empty: any
    status: int = 0  # answered with it, not forwarded
    forwarded: bool = False  # it is, all the same: it arrives, but its answer is lost
    delay_s: float = 0.0
    upload: Callable[[bytes], bytes] | None = None  # changes the request's body
    change: Callable[[bytes], bytes] | None = None  # of the answer's body; its headers stay
    unsigned: bool = False  # the answer's checksum is lost
    cut: bool = False  # the connection ends in the middle of the answer
    times: int = 1_000_000

    def matches(self, request: web.Request) -> bool:
        return self.times > 0 and (not self.method or request.method == self.method)


class BadRoad:
    """`with BadRoad(url) as road:` `road.url` leads to `url`; set `road.trouble`, look at `road.seen`."""

    def __init__(self, to_url: str) -> None:
        self.trouble: Trouble | None = None
        self.seen: list[tuple[str, str]] = []  # method and path
        self.url = ""
        self._to = to_url
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="bad-road", daemon=True)
        self._thread.start()
        assert self._ready.wait(HANG_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(HANG_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._pass)
        async with aiohttp.ClientSession(auto_decompress=False) as self._session:
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._ready.set()
            await self._stop.wait()
            await runner.cleanup()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs))
        trouble = self.trouble if self.trouble and self.trouble.matches(request) else Trouble()
        trouble.times -= 1
        content = await request.read()
        await asyncio.sleep(trouble.delay_s)
        refusal = {"error": {"code": trouble.status, "message": "trouble"}}
        if trouble.status and not trouble.forwarded:
            return web.json_response(refusal, status=trouble.status)
        content = trouble.upload(content) if trouble.upload else content
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _OF_THE_HOP}
        url = self._to + request.raw_path
        async with self._session.request(request.method, url, data=content, headers=headers) as answer:
            body = await answer.read()
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in _OF_THE_HOP}
        if trouble.status:
            return web.json_response(refusal, status=trouble.status)
        if trouble.unsigned:
            kept.pop("X-Goog-Hash", None)
        body = trouble.change(body) if trouble.change else body
        response = web.Response(status=answer.status, headers=kept, body=body)
        if trouble.cut:
            return await self._cut_off(request, response, body)
        return response

    async def _cut_off(self, request: web.Request, response: web.Response, body: bytes) -> web.StreamResponse:
        half = web.StreamResponse(status=response.status, headers=response.headers)
        half.content_length = len(body)
        await half.prepare(request)
        await half.write(body[: len(body) // 2])
        with contextlib.suppress(AttributeError):
            request.transport.close()  # type: ignore[union-attr]  # there is one
        return half


_OF_THE_HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}
