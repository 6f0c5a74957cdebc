"""Sender: gives a message to a service over HTTP, and says what is known of it afterwards.

No text of an error here holds a URL, an address or a token: for most services these are secrets.
"""

import asyncio
import errno
import json
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from babycryd.notify.message import Message
from babycryd.notify.services import SERVICES, Account, Fields, Request
from babycryd.notify.settings import ServiceSettings
from babycryd.system.tls import client_context, context_for

if TYPE_CHECKING:
    import aiohttp

LIMIT_S: Final = 15.0  # for one request, the connection included
_LARGEST_ANSWER: Final = 65_536  # bytes
_LARGEST_HISTORY: Final = 1_000_000  # bytes
_LONGEST_WAIT_S: Final = 900.0  # that an answer with Retry-After may ask for
_AGAIN: Final = frozenset({408, 425, 429})  # of the answers 4xx: those that another try may change
_NEVER: Final = frozenset({400, 413, 422})  # those that say that this message can never be accepted
Kind = Literal["accepted", "refused", "failed", "unclear", "impossible"]
ReadSecret = Callable[[str, Path | None], str | None]  # takes the credential's name and the file; raises ValueError


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a try.

    `refused`: the service wants no message of ours for now, such as for a wrong token. `failed`: it has not got the
    message. `unclear`: it may have got it. `impossible`: it never accepts this message.
    """

    kind: Kind
    why: str = ""  # without secrets
    retry_after_s: float = 0.0  # as the service asks
    status: int = 0  # of the answer; 0: there was none


class Sender(Protocol):
    """Way to one recipient."""

    async def send(self, message: Message) -> Outcome:
        """Give the message to the service. Raises no Exception."""

    async def has(self, message: Message, minutes: float) -> bool | None:
        """Return whether the service got this message in the last minutes; None: it never says.

        Raises LookupError where it says, and cannot be reached now.
        """


class HttpSender:
    """Sender for the services of the table; it reads the secrets anew for each message."""

    def __init__(self, settings: ServiceSettings, page_url: str, read_secret: ReadSecret) -> None:
        self._settings = settings
        self._service = SERVICES[settings.service]
        self._page_url = page_url.rstrip("/")
        self._read_secret = read_secret

    def account(self) -> Account:
        """Return the access to the service. Raises ValueError that says what is missing."""
        return account_of(self._settings, self._page_url, self._read_secret)

    async def send(self, message: Message) -> Outcome:
        """See `Sender.send`."""
        assert self._service.request is not None
        try:
            request, tls = self._service.request(self.account(), message), self._tls()
        except (ValueError, OSError) as error:  # OSError: of a certificate's file
            return Outcome("refused", str(error))
        return await post(request, tls, self._service.accepted)

    async def has(self, message: Message, minutes: float) -> bool | None:
        """See `Sender.has`."""
        if self._service.history is None:
            return None
        try:
            request, tls = self._service.history(self.account(), minutes), self._tls()
        except (ValueError, OSError):
            return None
        status, lines = await _lines(request, tls)
        if status in (401, 403, 404):  # it may only write
            return None
        if status != 200:
            raise LookupError(f"the service answers {status}")
        return any(_is_same(line, message) for line in lines)

    def _tls(self) -> ssl.SSLContext | None:
        ca_file = self._settings.ca_file
        return client_context("notify.services", ca_file, None, None) if ca_file else None


def account_of(settings: ServiceSettings, page_url: str, read_secret: ReadSecret) -> Account:
    """Return the access to a service. Raises ValueError that says what is missing."""
    service, name = SERVICES[settings.service], settings.name
    address = read_secret(f"notify_{name}_address", settings.address_file)
    token = read_secret(f"notify_{name}_token", settings.token_file)
    for need, found in (("address", address), ("token", token)):
        if need in service.needs and not found:
            raise ValueError(f"{settings.service} needs {need}_file, or the credential notify_{name}_{need}")
    return Account((settings.url or service.url).rstrip("/"), address or "", token or "", page_url)


async def post(request: Request, tls: ssl.SSLContext | None, accepted: Callable[[Fields], bool]) -> Outcome:
    """Make a request with a connection of its own, and judge the answer. Raises no Exception."""
    import aiohttp

    connected = False

    async def note(*_: object) -> None:
        nonlocal connected
        connected = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    try:
        async with asyncio.timeout(LIMIT_S), _session(request.url, tls, trace) as session:
            body = _body(request)
            async with session.post(request.url, headers=request.headers, allow_redirects=False, **body) as answer:
                content = await _content(answer, _LARGEST_ANSWER)
                outcome = _judged(answer.status, answer.headers.get("Retry-After", ""), content, accepted)
                return replace(outcome, status=answer.status)
    except Exception as error:  # noqa: BLE001  # every error of the network, and of a hostile answer
        return Outcome("unclear" if connected else "failed", _why(error))


def _body(request: Request) -> dict[str, Any]:
    """Return the body of a request, as arguments of aiohttp."""
    if request.content is not None:
        return {"data": request.content}
    return {"data" if request.form else "json": request.fields}


def _session(url: str, tls: ssl.SSLContext | None, trace: "aiohttp.TraceConfig") -> "aiohttp.ClientSession":
    """Return a session for one request: a connection that a router has forgotten would make its outcome unclear."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context_for(url, tls), force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
        auto_decompress=False,  # a small answer may decompress to much
        headers={"User-Agent": "babycryd", "Accept-Encoding": "identity"},
    )


async def _lines(request: Request, tls: ssl.SSLContext | None) -> tuple[int, list[bytes]]:
    """Return status and lines of the answer to a GET request. Raises LookupError."""
    import aiohttp

    try:
        async with (
            asyncio.timeout(LIMIT_S),
            _session(request.url, tls, aiohttp.TraceConfig()) as session,
            session.get(request.url, headers=request.headers, allow_redirects=False) as answer,
        ):
            content = await _content(answer, _LARGEST_HISTORY)
            return answer.status, (content or b"").splitlines()
    except Exception as error:  # noqa: BLE001  # as in `post`
        raise LookupError(_why(error)) from None  # the error may quote the URL


async def _content(answer: "aiohttp.ClientResponse", largest: int) -> bytes | None:
    """Return the body of an answer; None where it is larger than `largest`."""
    content = bytearray()
    async for part in answer.content.iter_chunked(8192):
        content += part
        if len(content) > largest:
            return None
    return bytes(content)


def _judged(status: int, retry_after: str, content: bytes | None, accepted: Callable[[Fields], bool]) -> Outcome:
    wait_s = min(float(retry_after), _LONGEST_WAIT_S) if retry_after.isdecimal() else 0.0
    if 200 <= status < 300:
        if _is_accepted(content, accepted):
            return Outcome("accepted")
        return Outcome("failed", f"something else answers in its place (status {status}): a login page?")
    if 300 <= status < 400:
        return Outcome("failed", f"it redirects (status {status}): is the url right, or a login page in between?")
    if status in _AGAIN or status in (500, 503):
        return Outcome("failed", f"it answers {status}", wait_s)
    if status >= 500:  # a gateway's: what is behind it may have accepted the message
        return Outcome("unclear", f"it answers {status}", wait_s)
    if status in _NEVER:
        return Outcome("impossible", f"it answers {status}: it cannot use this message")
    return Outcome("refused", f"it answers {status}: are address and token right?")


def _is_accepted(content: bytes | None, accepted: Callable[[Fields], bool]) -> bool:
    try:
        fields = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        fields = {}
    return accepted(fields if isinstance(fields, dict) else {})


def _is_same(line: bytes, message: Message) -> bool:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict) or found.get("event") != "message":
        return False
    same_words = (found.get("title"), found.get("message")) == (message.title, message.text)
    return found.get("sequence_id") == message.id or same_words


def _why(error: BaseException) -> str:
    """Return an error in words; the library's own text may quote the URL."""
    cause = getattr(error, "os_error", None) or error
    if isinstance(error, TimeoutError):
        return f"no answer within {LIMIT_S:g} s"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message})"
    if isinstance(cause, OSError) and cause.errno:  # asyncio's own text repeats the address
        return os.strerror(cause.errno) if cause.errno in errno.errorcode else cause.strerror or "no network"
    return f"the connection broke ({type(error).__name__})"
