"""HTTP API of the session: login, logout, and the session state."""

from aiohttp import web

from babycryd.core.command_values import CommandError
from babycryd.web.api import body
from babycryd.web.auth.authenticator import Authenticator
from babycryd.web.auth.client_address import limit_key
from babycryd.web.auth.middleware import CLIENT, COOKIE, AccessMiddleware
from babycryd.web.responses import error_response, json_response

OPEN_PATHS = ("/api/session", "/api/login", "/api/logout")


class SessionApi:
    """Handlers for the session, login and logout. Without a password every request that arrives here is admitted."""

    def __init__(self, access: AccessMiddleware, authenticator: Authenticator | None, session_s: float) -> None:
        self._access = access
        self._authenticator = authenticator
        self._session_s = session_s

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.get("/api/session", self._session),
            web.post("/api/login", self._log_in),
            web.post("/api/logout", self._log_out),
        ]

    async def _session(self, request: web.Request) -> web.StreamResponse:
        admitted = await self._access.admits(request)
        token = self._access.token_for(request) if admitted else None
        fields = {"logged_in": admitted, "password": self._authenticator is not None, "csrf": token}
        closed = self._authenticator is not None and self._authenticator.is_closed
        return json_response(fields | {"advice": "web_password"} if closed else fields)

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        if self._authenticator is None:
            return error_response(409, "there is no password: no login is needed")
        try:
            password = (await body(request)).get("password")
        except CommandError:
            password = None
        if not isinstance(password, str):
            return error_response(422, '"password" must be a text')
        client = request[CLIENT]
        token = await self._authenticator.log_in(password, limit_key(client.address))
        if token is None:
            return error_response(403, "wrong password")
        answer = json_response({"ok": True})
        answer.set_cookie(
            COOKIE,
            token,
            path=client.prefix,
            max_age=int(self._session_s),
            secure=client.secure,
            httponly=True,
            samesite="Strict",
        )
        return answer

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        if self._authenticator is not None:
            self._authenticator.log_out(request.cookies.get(COOKIE, ""))
        answer = json_response({"ok": True})
        answer.del_cookie(COOKIE, path=request[CLIENT].prefix)
        return answer
