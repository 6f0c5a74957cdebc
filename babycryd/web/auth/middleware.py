"""Access control: every HTTP request passes this middleware first."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from babycryd.web.auth.authenticator import Authenticator, NoHashError, TooManyTriesError
from babycryd.web.auth.client_address import Client, client_of, is_home_name, limit_key, networks
from babycryd.web.auth.sessions import csrf_of
from babycryd.web.responses import error_response
from babycryd.web.settings import WebSettings, is_loopback

log = logging.getLogger(__name__)

COOKIE: Final = "babycryd"
CSRF: Final = "X-CSRF-Token"
CLIENT: Final = web.RequestKey("client", Client)
HEALTHZ: Final = "/healthz"
LONGEST_BODY: Final = 2048  # bytes
_REQUEST_LIMIT_S = 10.0  # for reading and answering a request
_LONG_LIMIT_S = 60.0  # for pictures, drawn one after the other for seconds each on a small computer, and uploads
_PICTURES = (".png", ".svg")
UPLOADS: Final = {"/api/voices": "application/octet-stream"}  # paths that take no JSON; no form can send this either
_SLOW: Final = (*_PICTURES, *UPLOADS)  # endings of paths with the longer limit
_SAFE_METHODS: Final = ("GET", "HEAD")
_OTHER_ORIGIN: Final = (
    "another site's page may not give commands; where this is your own page behind a reverse proxy, let the proxy pass"
    " the browser's Host header, in nginx: proxy_set_header Host $http_host;"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AccessMiddleware:
    """Access control by password; without a password, by origin: this computer, or a proxy with a login of its own."""

    def __init__(
        self,
        settings: WebSettings,
        authenticator: Authenticator | None,
        open_to_all: Collection[str],
        unlimited: Collection[str],
    ) -> None:
        """`open_to_all`: paths without private data; `unlimited`: paths whose answers have no time limit."""
        self._proxies = networks(settings.trusted_proxies)
        self._proxy_logs_in = settings.proxy_logs_in
        self._host_names = frozenset(name.lower() for name in settings.host_names)
        self._authenticator = authenticator
        self._open_paths = frozenset(open_to_all)
        self._unlimited = frozenset(unlimited)
        self._page_token = secrets.token_urlsafe(32)  # CSRF token where there are no sessions

    @property
    def middleware(self) -> Middleware:
        """The middleware for aiohttp."""

        @web.middleware
        async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._checked(request, handler)

        return checked

    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        limit_s = _LONG_LIMIT_S if request.path.endswith(_SLOW) else _REQUEST_LIMIT_S
        try:
            async with asyncio.timeout(None if request.path in self._unlimited else limit_s):
                return await self._refusal(request) or await handler(request)
        except TimeoutError:
            return error_response(408, f"the request took longer than {limit_s:g} s")
        except TooManyTriesError as error:
            return error_response(429, str(error), Retry_After=f"{error.wait_s + 1:.0f}")
        except NoHashError as error:
            return error_response(503, str(error), advice="web_password", Retry_After="10")
        except ConnectionError:  # the client has gone, in the middle of its request
            return error_response(408, "the connection was closed before the end of the request")
        except web.RequestPayloadError:
            return error_response(400, "the body cannot be decoded")
        except web.HTTPRequestEntityTooLarge:
            return error_response(413, f"the body may have {LONGEST_BODY} bytes")
        except web.HTTPException as error:
            allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return error_response(
                error.status, f"{request.method} {request.path}: {error.reason}; see /openapi.json", **allow
            )

    async def _refusal(self, request: web.Request) -> web.Response | None:
        """Return the response that refuses a request; None: it is admitted."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        client = client_of(peer[0] if peer else "", request.headers, self._proxies, secure=request.secure)
        request[CLIENT] = client
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return error_response(415, "send the body as it is, without Content-Encoding")
        if self._authenticator is None and (refusal := self._remote_refusal(request, client)):
            return refusal
        if request.method not in _SAFE_METHODS and (refusal := _cross_site_refusal(request)):
            return refusal
        if request.path in self._open_paths:
            return None
        if not await self.admits(request):
            return error_response(401, "log in first: open the page, or send the password with Authorization: Basic")
        if request.method not in _SAFE_METHODS and not self._has_token(request):
            return error_response(403, f"the header {CSRF} is missing or stale; GET /api/session gives it")
        return None

    async def admits(self, request: web.Request) -> bool:
        """Return whether a request is admitted. Raises TooManyTriesError, NoHashError."""
        client = request[CLIENT]
        if self._authenticator is None or self._proxy_refusal(request) is None:
            return True
        if "Authorization" in request.headers:
            return await self._authenticator.has_password(request.headers["Authorization"], limit_key(client.address))
        return self._authenticator.has_session(request.cookies.get(COOKIE, ""))

    def has_session(self, request: web.Request) -> bool:
        """Return whether a request is admitted without a look at a password in its header."""
        if self._authenticator is None or self._proxy_refusal(request) is None:
            return True
        return self._authenticator.has_session(request.cookies.get(COOKIE, ""))

    def still_admits(self, request: web.Request) -> Callable[[], bool]:
        """Return a function that says whether an admitted request may go on: sessions end, passwords change."""
        authenticator, token = self._authenticator, request.cookies.get(COOKIE, "")
        if authenticator is None or self._proxy_refusal(request) is None:
            return lambda: True
        if "Authorization" in request.headers:
            return authenticator.password_unchanged()
        return lambda: authenticator.has_session(token)

    def token_for(self, request: web.Request) -> str:
        """Return the CSRF token that the page sends with its commands."""
        token = request.cookies.get(COOKIE, "")
        logged_in = self._authenticator is not None and self._authenticator.has_session(token)
        return csrf_of(token) if logged_in else self._page_token

    def _remote_refusal(self, request: web.Request, client: Client) -> web.Response | None:
        """Return the refusal where there is no password, and the request is not from this computer."""
        if client.trusted_proxy and self._proxy_logs_in:
            why = self._proxy_refusal(request)
            is_probe = request.path == HEALTHZ and client.local and not client.forwarded
            return None if why is None or is_probe else error_response(403, why)
        if client.trusted_proxy:
            return error_response(403, "through a proxy a password is needed: babycryd passwd, or web.proxy_logs_in")
        if client.untrusted_proxy:
            return error_response(403, "the request came through a proxy that is not in web.trusted_proxies")
        # A name of another site that means 127.0.0.1 is DNS rebinding
        if not client.local or not is_loopback(_requested_host(request)):
            return error_response(403, "without a password only http://127.0.0.1 and http://localhost are answered")
        return None

    def _proxy_refusal(self, request: web.Request) -> str | None:
        """Return why a request does not come from a proxy that has asked for the password; None: it does.

        A program or a page on the proxy's computer has the same address as the proxy.
        """
        client = request[CLIENT]
        if not self._proxy_logs_in or not client.trusted_proxy:
            return "no proxy logs in"
        if not client.forwarded:
            return "web.proxy_logs_in: the proxy must send the header X-Forwarded-For or X-Ingress-Path"
        host = _requested_host(request)
        if client.local and not is_home_name(host) and host.lower() not in self._host_names:
            return "web.proxy_logs_in: this public host name is not in web.host_names"
        return None

    def _has_token(self, request: web.Request) -> bool:
        """Return whether a request has the CSRF token, or needs none.

        A script needs none: it sends the password in a header, or is on this computer. No other site can make a browser
        send such a request.
        """
        sent = request.headers.get(CSRF)
        if "Authorization" in request.headers and self._authenticator is not None:
            return True
        if sent is None:
            return self._authenticator is None and not request[CLIENT].trusted_proxy
        return hmac.compare_digest(sent.encode(errors="replace"), self.token_for(request).encode())


def _cross_site_refusal(request: web.Request) -> web.Response | None:
    """Return the refusal of a request from another site, by its headers. No form can send JSON."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return error_response(403, "another site's page may not give commands")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own_origin(origin, request):
        return error_response(403, _OTHER_ORIGIN, advice="proxy_host")
    wanted = UPLOADS.get(request.path, "application/json")
    if request.content_type != wanted:
        return error_response(415, f"send Content-Type: {wanted}")
    return None


def _is_own_origin(origin: str, request: web.Request) -> bool:
    names = [request.headers.get("Host", "")]
    if request[CLIENT].trusted_proxy:
        names.append(request.headers.get("X-Forwarded-Host", ""))
    try:
        return urlsplit(origin).netloc.lower() in [name.lower() for name in names if name]
    except ValueError:
        return False


def _requested_host(request: web.Request) -> str:
    """Return the host name of a request; empty where it is invalid."""
    try:
        return request.url.host or ""
    except ValueError:  # such as a port beyond 65535
        return ""
