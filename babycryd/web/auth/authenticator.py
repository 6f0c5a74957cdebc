"""Authenticator: checks passwords and sessions, and limits the tries."""

import asyncio
import base64
import binascii
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babycryd.web.auth.login_limit import LoginLimit
from babycryd.web.auth.passwords import LONGEST, is_right
from babycryd.web.auth.sessions import Sessions

log = logging.getLogger(__name__)
_RELOAD_EVERY_S: Final = 5.0  # to notice that `babycryd passwd` was run
ReadHash = Callable[[], str]  # raises OSError or ValueError where there is no hash


class TooManyTriesError(Exception):
    """Too many tries: the password was not checked."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many tries; the next one in {wait_s:.0f} s")
        self.wait_s = wait_s


class Authenticator:
    """Authenticator of the page. Loop thread only; passwords are checked in a thread, one at a time."""

    def __init__(self, read_hash: ReadHash, folder: Path, session_s: float) -> None:
        """`read_hash`: called now and every few seconds of use; another password ends every session."""
        self._read_hash = read_hash
        self._folder = folder
        self._session_s = session_s
        self._hash = read_hash()
        self._sessions = Sessions(folder, self._hash, session_s)
        self._reloaded_s = time.monotonic()
        self._limit = LoginLimit()
        self._lock = asyncio.Lock()
        self._key = secrets.token_bytes(32)
        self._right: bytes | None = None  # keyed digest of the right password, which saves the slow check
        self.refused = 0  # logins, since the start

    async def log_in(self, password: str, client: str) -> str | None:
        """Begin a session and return its token; None for a wrong password. Raises TooManyTriesError."""
        if not await self._is_right(password, client):
            return None
        return self._sessions.begin(time.time())

    def log_out(self, token: str) -> None:
        """End a session."""
        self._sessions.end(token)

    def password_unchanged(self) -> Callable[[], bool]:
        """Return a function that says whether the password is still the present one."""
        self._reload()
        now = self._hash

        def unchanged() -> bool:
            self._reload()
            return self._hash == now

        return unchanged

    def has_session(self, token: str) -> bool:
        """Return whether the token belongs to a session."""
        self._reload()
        return bool(token) and self._sessions.is_valid(token, time.time())

    async def has_password(self, authorization: str, client: str) -> bool:
        """Return whether this header (Basic, any user name) has the right password. Raises TooManyTriesError."""
        password = _password_in(authorization)
        if password is None:
            return False
        self._reload()
        if self._right is not None and hmac.compare_digest(self._right, self._digest(password)):
            return True
        return await self._is_right(password, client)

    async def _is_right(self, password: str, client: str) -> bool:
        if wait_s := self._limit.wait_s(client, time.monotonic()):
            self.refused += 1
            raise TooManyTriesError(wait_s)
        self._reload()
        async with self._lock:
            right = len(password) <= LONGEST and await asyncio.to_thread(is_right, password, self._hash)
        if right:
            self._limit.reset(client)
            self._right = self._digest(password)
        else:
            self.refused += 1
            log.warning("a wrong password for the page, from %s", client)
        return right

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(errors="replace"), "sha256")

    def _reload(self) -> None:
        now_s = time.monotonic()
        if now_s - self._reloaded_s < _RELOAD_EVERY_S:
            return
        self._reloaded_s = now_s
        try:
            found = self._read_hash()
        except (OSError, ValueError) as error:
            log.debug("the file of the password cannot be read again: %s", error)
            return
        if found != self._hash:
            log.info("the password of the page has changed: every page must log in again")
            self._hash, self._right = found, None
            self._sessions = Sessions(self._folder, found, self._session_s)


def _password_in(authorization: str) -> str | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic" or len(value) > 4 * LONGEST:
        return None
    try:
        name_and_password = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return name_and_password.partition(":")[2]
