"""A service for alerts on loopback that speaks as the real ones do, and fails in every way that a test wants."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

NTFY_ANSWER = {"event": "message"}


@dataclass
class Asked:
    """A request that reached the service."""

    path: str
    fields: dict[str, Any]
    headers: dict[str, str]


@dataclass
class AlertService:
    """`async with AlertService() as service:` takes every POST as a message, and says for a GET what it has.

    `faults` names what happens to the next requests: `refuse` (the connection is cut before it is accepted), `lost`
    (accepted, then the answer is lost), `hang` and `late` (not accepted or accepted, without an answer), `redirect`,
    `page` (a login page), `huge`, `cut` (accepted, half an answer), or a status such as `429:7`, whose second number is
    Retry-After; no fault: accepted.
    """

    answer: dict[str, Any] = field(default_factory=lambda: dict(NTFY_ANSWER))
    faults: deque[str] = field(default_factory=deque)
    replaces: bool = False  # as ntfy >= 2.16: a message with a known sequence_id replaces it
    readable: bool = True  # its messages can be asked for
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        app.router.add_get("/{path:.*}", self._history)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen(0)
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _listen(self, port: int) -> None:
        await web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True).start()

    @property
    def texts(self) -> list[str]:
        return [str(each.get("message") or each.get("text")) for each in self.messages]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "refuse":
            return _aborted(request)
        raw = await request.text()
        fields = json.loads(raw) if request.content_type == "application/json" else dict(await request.post())
        self.asked.append(Asked(request.path, fields, dict(request.headers)))
        if fault in {"", "lost", "late", "cut"}:
            self._accept(fields)
        return await self._answer(request, fault)

    def _accept(self, fields: dict[str, Any]) -> None:
        sequence = fields.get("sequence_id")
        if self.replaces and sequence in [each.get("sequence_id") for each in self.messages]:
            return
        kept = fields if self.replaces else {key: value for key, value in fields.items() if key != "sequence_id"}
        self.messages.append(kept)

    async def _answer(self, request: web.Request, fault: str) -> web.StreamResponse:
        match fault:
            case "":
                return web.json_response(self.answer)
            case "lost":
                return _aborted(request)
            case "hang" | "late":
                await asyncio.sleep(3600)
            case "redirect":
                return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/login?secret"})
            case "page":
                return web.Response(text="<html>Please log in</html>", content_type="text/html")
            case "huge":
                return web.Response(body=b"x" * 5_000_000)
            case "cut":
                response = web.StreamResponse()
                response.content_length = 100
                await response.prepare(request)
                return _aborted(request)
        status, _, wait_s = fault.partition(":")
        return web.json_response({"error": "no"}, status=int(status), headers={"Retry-After": wait_s} if wait_s else {})

    async def _history(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else ""
        if fault in {"refuse", "lost"}:
            return _aborted(request)
        self.asked.append(Asked(request.path_qs, {}, dict(request.headers)))
        if not self.readable:
            return web.Response(status=403)
        lines = [json.dumps({"event": "message", **each}) for each in self.messages]
        return web.Response(text="\n".join(["", *lines, ""]))


def _aborted(request: web.Request) -> web.StreamResponse:
    """Resets the connection in the middle of the request."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
