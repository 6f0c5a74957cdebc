"""The HTTP server. Importing this takes a while (aiohttp), so only those who want HTTP do."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from babycryd.orders import Obey, OrderError, to_feedback
from babycryd.web.settings import WebSettings, is_loopback

log = logging.getLogger(__name__)

_LONGEST_BODY = 2048  # bytes
_REQUEST_LIMIT_S = 10.0  # for a client that sends slowly
_RETRY_S = 10.0
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WebServer:
    """Answers for as long as `run` runs; a port that is taken only delays it."""

    def __init__(self, settings: WebSettings, obey: Obey) -> None:
        self._settings = settings
        self._obey = obey

    async def run(self) -> None:
        """Until cancelled."""
        app = web.Application(client_max_size=_LONGEST_BODY, middlewares=[_guarded])
        app.add_routes([web.post("/api/feedback", self._feedback)])
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await self._listen(runner)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self._settings.host, self._settings.port
        complaint = ""
        while True:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                if str(error) != complaint:
                    taken = "is another babycryd running? else change web.port"
                    log.warning("no HTTP for now, %s:%d cannot be listened on (%s): %s", host, port, error, taken)
                complaint = str(error)
                await asyncio.sleep(_RETRY_S)
            else:
                log.info("answering http://%s:%d", f"[{host}]" if ":" in host else host, port)
                return

    async def _feedback(self, request: web.Request) -> web.StreamResponse:
        """`{"cry": false, "episode": "…"}`: what the owner says of an episode."""
        try:
            order = to_feedback(await _body(request))
        except OrderError as error:
            return _error(422, str(error))
        try:
            answer = await self._obey(order)
        except OrderError as error:
            return _error(409, str(error))
        log.info("done, as asked over HTTP: %s", order)
        return web.json_response({"ok": True, **answer}, headers=_HEADERS)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        read = json.loads(await request.read())
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise OrderError('the body must be a JSON object, such as {"cry": false}')
    return read


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing for pages of other sites: they can neither name this computer nor send JSON. Errors are JSON, too."""
    if not is_loopback(_asked_host(request)):  # a page whose name was made to mean 127.0.0.1
        return _error(403, "ask for http://127.0.0.1 or http://localhost")
    if request.method == "POST" and request.content_type != "application/json":
        return _error(415, "send Content-Type: application/json")
    try:
        async with asyncio.timeout(_REQUEST_LIMIT_S):
            return await handler(request)
    except TimeoutError:
        return _error(408, f"the request took longer than {_REQUEST_LIMIT_S:g} s")
    except web.HTTPRequestEntityTooLarge:
        return _error(413, f"the body may have {_LONGEST_BODY} bytes")
    except web.HTTPException as error:
        return _error(error.status, f"{request.method} {request.path}: {error.reason}; there is POST /api/feedback")


def _asked_host(request: web.Request) -> str:
    """The name under which we were asked; empty where it is none."""
    try:
        return request.url.host or ""
    except ValueError:  # such as a port beyond 65535
        return ""


def _error(status: int, why: str) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=status, headers=_HEADERS)
