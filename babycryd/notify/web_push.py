"""Web Push: the subscriptions of the owner's browsers, in one file, and the way to each."""

import asyncio
import contextlib
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from babycryd.core.command_values import CommandError
from babycryd.notify.message import Message
from babycryd.notify.sender import Outcome, Sender, post
from babycryd.notify.services import Request
from babycryd.system.files import write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)

FILE: Final = "push.json"
MOST: Final = 16  # subscriptions; beyond it the oldest ends
_LONGEST_ENDPOINT: Final = 1500  # characters
_KEPT_S: Final = 3600  # by the push service, for a phone that is switched off
_GONE: Final = (404, 410)
_CONTACT: Final = "mailto:babycryd@example.org"  # push services want one, for a sender that floods them
_NOT_INSTALLED: Final = "Web Push is not installed: pip install 'babycryd[push]'"
# Of Chrome, Firefox, Safari and Edge. Any other address could be one of the home, which only this computer reaches.
_HOSTS: Final = ("fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com")


@dataclass(slots=True)
class _Content:
    """Content of the file."""

    key: bytes = b""  # private key of the application server; a secret
    subscriptions: dict[str, dict[str, str]] = field(default_factory=dict)  # by endpoint: p256dh, auth


def is_push_service(endpoint: str) -> bool:
    """Return whether an address is one of a browser's push service."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
        plain = parts.scheme == "https" and parts.port is None and parts.username is None
    except ValueError:
        return False
    return plain and any(host == each or host.endswith(f".{each}") for each in _HOSTS)


class PushBook:
    """Subscriptions, as `core.push.PushSubscriptions`, and the senders to them."""

    def __init__(self, folder: Path, is_allowed: Callable[[str], bool] = is_push_service) -> None:
        self._path = folder / FILE
        self._is_allowed = is_allowed
        self._writing = asyncio.Lock()
        self._content = self._read()

    def senders(self) -> Mapping[str, Sender]:
        """Return the way to each browser, by the name of the recipient."""
        return {name_of(endpoint): PushSender(endpoint, self) for endpoint in self._content.subscriptions}

    async def key(self) -> str:
        """Return the public key, base64url; make it at the first call. Raises CommandError."""
        try:
            from babycryd.notify.push_encryption import new_key, point, private_key, to_base64
        except ImportError as error:
            raise CommandError(_NOT_INSTALLED) from error
        if not self._content.key:
            self._content.key = new_key()
            await self._write()
        return to_base64(point(private_key(self._content.key)))

    async def add(self, subscription: Mapping[str, Any]) -> None:
        """See `PushSubscriptions.add`."""
        endpoint, keys = subscription.get("endpoint"), subscription.get("keys")
        if not isinstance(endpoint, str) or len(endpoint) > _LONGEST_ENDPOINT or not self._is_allowed(endpoint):
            raise CommandError("the address is not that of a browser's push service")
        if not isinstance(keys, dict) or not _are_keys(keys):
            raise CommandError("the keys of the subscription are none")
        self._content.subscriptions[endpoint] = {"p256dh": keys["p256dh"], "auth": keys["auth"]}
        while len(self._content.subscriptions) > MOST:
            self._content.subscriptions.pop(next(iter(self._content.subscriptions)))
        await self._write()

    async def remove(self, endpoint: str) -> None:
        """See `PushSubscriptions.remove`."""
        if self._content.subscriptions.pop(endpoint, None) is not None:
            await self._write()

    def request(self, endpoint: str, message: Message) -> Request:
        """Return the request that sends a message. Raises ValueError, LookupError where the subscription has ended."""
        try:
            from babycryd.notify.push_encryption import BrowserKeys, authorization, encrypted, from_base64
        except ImportError as error:
            raise ValueError(_NOT_INSTALLED) from error
        keys = self._content.subscriptions[endpoint]
        browser = BrowserKeys(from_base64(keys["p256dh"]), from_base64(keys["auth"]))
        plain = json.dumps({**message.fields(), "button": message.button}).encode()
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_KEPT_S),
            "Urgency": "high" if message.urgency == "high" else "normal",
            "Topic": hashlib.sha256(message.alert.encode()).hexdigest()[:32],  # replaces what did not reach the phone
            "Authorization": authorization(endpoint, self._content.key, _CONTACT, time.time()),
        }
        return Request(endpoint, headers=headers, content=encrypted(plain, browser))

    def _read(self) -> _Content:
        try:
            return _content_of(json.loads(read_small(self._path)))
        except FileNotFoundError:
            return _Content()
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            log.warning("%s cannot be read (%s): the browsers have to ask for notifications again", self._path, error)
            return _Content()

    async def _write(self) -> None:
        """Replace the file. Raises CommandError."""
        async with self._writing:  # the last writer must have the last values
            key = self._content.key.hex()
            text = json.dumps({"key": key, "subscriptions": self._content.subscriptions}, indent=1)
            try:
                await asyncio.to_thread(self._write_text, text)
            except OSError as error:
                raise CommandError(f"{self._path} cannot be written: {error.strerror}") from error

    def _write_text(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, text.encode(), mode=0o600)


class PushSender:
    """Sender to one browser."""

    def __init__(self, endpoint: str, book: PushBook) -> None:
        self._endpoint = endpoint
        self._book = book

    async def send(self, message: Message) -> Outcome:
        """See `Sender.send`. A subscription that its browser has ended is deleted."""
        try:
            request = self._book.request(self._endpoint, message)
        except LookupError:
            return Outcome("impossible", "the subscription has ended")
        except ValueError as error:
            return Outcome("refused", str(error))
        outcome = await post(request, None, lambda _: True)
        if outcome.status in _GONE:
            with contextlib.suppress(CommandError):  # the file cannot be written: it is asked again after a restart
                await self._book.remove(self._endpoint)
            return Outcome("impossible", "the browser has ended the subscription")
        return outcome

    async def has(self, message: Message, minutes: float) -> bool | None:  # noqa: ARG002  # as of `Sender.has`
        """Return None: it cannot be asked. A message that comes twice is shown once, by its id."""
        return None


def name_of(endpoint: str) -> str:
    """Return the name of a browser as a recipient, which does not tell its address."""
    return f"push-{hashlib.sha256(endpoint.encode()).hexdigest()[:8]}"


def _are_keys(keys: Mapping[str, Any]) -> bool:
    try:
        from babycryd.notify.push_encryption import AUTH_BYTES, POINT_BYTES, from_base64

        return (len(from_base64(keys["p256dh"])), len(from_base64(keys["auth"]))) == (POINT_BYTES, AUTH_BYTES)
    except (ImportError, KeyError, ValueError, TypeError, AttributeError):
        return False


def _content_of(fields: Any) -> _Content:
    subscriptions = {endpoint: dict(keys) for endpoint, keys in fields["subscriptions"].items() if _are_keys(keys)}
    return _Content(bytes.fromhex(fields["key"]), subscriptions)
