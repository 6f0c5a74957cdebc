"""A Baby Buddy on loopback that keeps entries and refuses as the real one does.

Its rules are those of github.com/babybuddy/babybuddy: api/serializers.py (required fields, unknown ones are ignored),
core/models.py (no time in the future, start before end, at most 24 hours, no overlap for one child), and Django REST
framework's TokenAuthentication and pages of 100. The program itself is not on the package index and was not run.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web

TOKEN = "0123456789abcdef"  # noqa: S105  # of a server that lives for one test


@dataclass
class BabyBuddy:
    """`async with BabyBuddy(now) as server:` answers at `server.url`.

    `faults` names what happens to the next requests: `lost` (done, then the connection is cut), or a status.
    """

    now: datetime
    children: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 3, "first_name": "Mia", "slug": "mia"}])
    sleep: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[str] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/api/{kind}/", self._list)
        app.router.add_post("/api/{kind}/", self._create)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def _refusal(self, request: web.Request, fault: str) -> web.Response | None:
        self.asked.append(f"{request.method} {request.path}")
        if fault.isdecimal():
            return web.json_response({"detail": "no"}, status=int(fault))
        if request.headers.get("Authorization") != f"Token {TOKEN}":
            return web.json_response({"detail": "Invalid token."}, status=401)
        return None

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._refusal(request, self.faults.popleft() if self.faults else ""):
            return refusal
        rows = list(getattr(self, request.match_info["kind"]))
        if child := request.query.get("child"):
            rows = [each for each in rows if str(each["child"]) == child]
        page = rows[::-1][: int(request.query.get("limit", "100"))]  # the newest first
        return web.json_response({"count": len(rows), "next": None, "previous": None, "results": page})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.popleft() if self.faults else ""
        if refusal := self._refusal(request, fault):
            return refusal
        fields, kind = await request.json(), request.match_info["kind"]
        errors = self._errors(fields, kind)
        if errors:
            return web.json_response(errors, status=400)
        rows = getattr(self, kind)
        rows.append({"id": len(rows) + 1, **fields})
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(rows[-1], status=201)

    def _errors(self, fields: dict[str, Any], kind: str) -> dict[str, Any]:
        required = ("child", "start", "end") if kind == "sleep" else ("child", "note")
        missing = {each: ["This field is required."] for each in required if not fields.get(each)}
        if missing:
            return missing
        if fields["child"] not in [each["id"] for each in self.children]:
            return {"child": [f'Invalid pk "{fields["child"]}" - object does not exist.']}
        return self._sleep_errors(fields) if kind == "sleep" else {}

    def _sleep_errors(self, fields: dict[str, Any]) -> dict[str, Any]:
        start, end = (datetime.fromisoformat(fields[each]).astimezone(UTC) for each in ("start", "end"))
        if end > self.now:
            return {"end": ["Date/time can not be in the future."]}
        if start > end:
            return {"non_field_errors": ["Start time must come before end time."]}
        if end - start > timedelta(hours=24):
            return {"non_field_errors": ["Duration too long."]}
        same = [each for each in self.sleep if each["child"] == fields["child"]]
        spans = [tuple(datetime.fromisoformat(each[key]) for key in ("start", "end")) for each in same]
        if any(first <= end and last >= start for first, last in spans):
            return {"non_field_errors": ["Another entry intersects the specified time period."]}
        return {}
