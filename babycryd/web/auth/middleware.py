"""Who comes in, and with what. Everything that is asked goes by here first."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from babycryd.web.auth.authenticator import Authenticator, TooManyTriesError
from babycryd.web.auth.client_address import Client, client_of, limit_key, networks
from babycryd.web.auth.sessions import csrf_of
from babycryd.web.responses import error_response
from babycryd.web.settings import WebSettings, is_loopback

log = logging.getLogger(__name__)

COOKIE: Final = "babycryd"
CSRF: Final = "X-CSRF-Token"
CALLER: Final = web.RequestKey("caller", Client)
LONGEST_BODY: Final = 2048  # bytes
_REQUEST_LIMIT_S = 10.0  # for a client that sends slowly
_READS: Final = ("GET", "HEAD")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AccessMiddleware:
    """Admits requests with the password; without one, those of this computer or of a proxy that asks for its own."""

    def __init__(
        self,
        settings: WebSettings,
        authenticator: Authenticator | None,
        open_to_all: Collection[str],
        long: Collection[str],
    ) -> None:
        """`open_to_all`: paths that say nothing about the home; `long`: paths whose answers have no end."""
        self._proxies = networks(settings.trusted_proxies)
        self._proxy_logs_in = settings.proxy_logs_in
        self._authenticator = authenticator
        self._open = frozenset(open_to_all)
        self._long = frozenset(long)
        self._page_token = secrets.token_urlsafe(32)  # where there are no sessions

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._checked(request, handler)

        return checked

    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            async with asyncio.timeout(None if request.path in self._long else _REQUEST_LIMIT_S):
                return await self._refusal(request) or await handler(request)
        except TimeoutError:
            return error_response(408, f"the request took longer than {_REQUEST_LIMIT_S:g} s")
        except TooManyTriesError as error:
            return error_response(429, str(error), Retry_After=f"{error.wait_s + 1:.0f}")
        except web.HTTPRequestEntityTooLarge:
            return error_response(413, f"the body may have {LONGEST_BODY} bytes")
        except web.HTTPException as error:
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return error_response(
                error.status, f"{request.method} {request.path}: {error.reason}; see /openapi.json", **allow
            )

    async def _refusal(self, request: web.Request) -> web.Response | None:
        """Why not, or None."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        asked = client_of(peer[0] if peer else "", request.headers, self._proxies, secure=request.secure)
        request[CALLER] = asked
        if self._authenticator is None and (refusal := self._from_elsewhere(request, asked)):
            return refusal
        if request.method not in _READS and (refusal := _by_another_site(request)):
            return refusal
        if request.path in self._open:
            return None
        if not await self.admits(request):
            return error_response(401, "log in first: open the page, or send the password with Authorization: Basic")
        if request.method not in _READS and not self._brings_token(request):
            return error_response(403, f"the header {CSRF} is missing or stale; GET /api/session gives it")
        return None

    async def admits(self, request: web.Request) -> bool:
        """Whether a request is admitted. Raises TooManyTriesError."""
        asked = request[CALLER]
        if self._authenticator is None or (self._proxy_logs_in and asked.through):
            return True
        if "Authorization" in request.headers:
            return await self._authenticator.knows(request.headers["Authorization"], limit_key(asked.address))
        return self._authenticator.is_open_to(request.cookies.get(COOKIE, ""))

    def stays(self, request: web.Request) -> Callable[[], bool]:
        """Whether an admitted request may go on: a session ends, a password changes."""
        authenticator, token = self._authenticator, request.cookies.get(COOKIE, "")
        if authenticator is None or (self._proxy_logs_in and request[CALLER].through):
            return lambda: True
        if "Authorization" in request.headers:
            return authenticator.since_now()
        return lambda: authenticator.is_open_to(token)

    def token_for(self, request: web.Request) -> str:
        """The CSRF token that the page sends with its commands."""
        token = request.cookies.get(COOKIE, "")
        logged_in = self._authenticator is not None and self._authenticator.is_open_to(token)
        return csrf_of(token) if logged_in else self._page_token

    def _from_elsewhere(self, request: web.Request, asked: Client) -> web.Response | None:
        if asked.through:
            if self._proxy_logs_in:
                return None
            return error_response(403, "a proxy's visitors need a password: babycryd passwd, or web.proxy_logs_in")
        if asked.stranger:
            return error_response(403, "asked through a proxy that is not in web.trusted_proxies")
        if not is_loopback(_asked_host(request)):  # a page whose name was made to mean 127.0.0.1
            return error_response(403, "ask for http://127.0.0.1 or http://localhost")
        return None

    def _brings_token(self, request: web.Request) -> bool:
        """A script has the password in a header, or is on this computer: no site can make a browser send that."""
        sent = request.headers.get(CSRF)
        if "Authorization" in request.headers and self._authenticator is not None:
            return True
        if sent is None:
            return self._authenticator is None and not request[CALLER].through
        return hmac.compare_digest(sent.encode(errors="replace"), self.token_for(request).encode())


def _by_another_site(request: web.Request) -> web.Response | None:
    """Browsers say where a request comes from; JSON is what no form can send."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return error_response(403, "another site's page may not give commands")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(origin, request):
        return error_response(403, "another site's page may not give commands")
    if request.content_type != "application/json":
        return error_response(415, "send Content-Type: application/json")
    return None


def _is_ours(origin: str, request: web.Request) -> bool:
    names = [request.headers.get("Host", "")]
    if request[CALLER].through:
        names.append(request.headers.get("X-Forwarded-Host", ""))
    try:
        return urlsplit(origin).netloc.lower() in [name.lower() for name in names if name]
    except ValueError:
        return False


def _asked_host(request: web.Request) -> str:
    """The name under which we were asked; empty where it is none."""
    try:
        return request.url.host or ""
    except ValueError:  # such as a port beyond 65535
        return ""
