"""Logging in and out, and what the page must know before it may ask for anything else."""

from aiohttp import web

from babycryd.core.commands import CommandError
from babycryd.web.api import body
from babycryd.web.auth.authenticator import Authenticator
from babycryd.web.auth.client_address import limit_key
from babycryd.web.auth.middleware import CALLER, COOKIE, AccessMiddleware
from babycryd.web.responses import error_response, json_response

OPEN = ("/api/session", "/api/login", "/api/logout")


class SessionApi:
    """Without a lock there is nothing to log in to, and everybody who comes this far is in."""

    def __init__(self, guard: AccessMiddleware, lock: Authenticator | None, session_s: float) -> None:
        self._guard = guard
        self._lock = lock
        self._session_s = session_s

    @property
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/session", self._session),
            web.post("/api/login", self._log_in),
            web.post("/api/logout", self._log_out),
        ]

    async def _session(self, request: web.Request) -> web.StreamResponse:
        admitted = await self._guard.admits(request)
        token = self._guard.token_for(request) if admitted else None
        return json_response({"logged_in": admitted, "password": self._lock is not None, "csrf": token})

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        if self._lock is None:
            return error_response(409, "there is no password: nobody needs to log in")
        try:
            password = (await body(request)).get("password")
        except CommandError:
            password = None
        if not isinstance(password, str):
            return error_response(422, '"password" must be a text')
        asked = request[CALLER]
        token = await self._lock.log_in(password, limit_key(asked.address))
        if token is None:
            return error_response(403, "wrong password")
        answer = json_response({"ok": True})
        answer.set_cookie(
            COOKIE,
            token,
            path=asked.prefix,
            max_age=int(self._session_s),
            secure=asked.secure,
            httponly=True,
            samesite="Strict",
        )
        return answer

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        if self._lock is not None:
            self._lock.log_out(request.cookies.get(COOKIE, ""))
        answer = json_response({"ok": True})
        answer.del_cookie(COOKIE, path=request[CALLER].prefix)
        return answer
