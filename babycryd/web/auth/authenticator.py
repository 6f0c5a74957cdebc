"""Authenticator: password, sessions, and the limit of wrong passwords."""

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
_LOOK_EVERY_S: Final = 5.0  # whether `babycryd passwd` was run meanwhile
ReadHash = Callable[[], str]  # raises OSError or ValueError where there is none


class TooManyTriesError(Exception):
    """Too many wrong passwords: this one was not checked."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many tries; the next one in {wait_s:.0f} s")
        self.wait_s = wait_s


class Authenticator:
    """Loop only; what is slow happens in a thread, one at a time."""

    def __init__(self, read_hash: ReadHash, folder: Path, session_s: float) -> None:
        """`read_hash` is asked now and then again: another password ends every session."""
        self._read_hash = read_hash
        self._folder = folder
        self._session_s = session_s
        self._hash = read_hash()
        self._sessions = Sessions(folder, self._hash, session_s)
        self._looked_s = time.monotonic()
        self._limit = LoginLimit()
        self._turn = asyncio.Lock()
        self._key = secrets.token_bytes(32)
        self._known: bytes | None = None  # the right password, as only this process can tell
        self.refused = 0  # since the start

    async def log_in(self, password: str, who: str) -> str | None:
        """The secret of a new session; None for a wrong password. Raises TooManyTriesError."""
        if not await self._is_right(password, who):
            return None
        return self._sessions.begin(time.time())

    def log_out(self, token: str) -> None:
        self._sessions.end(token)

    def since_now(self) -> Callable[[], bool]:
        """Whether the password that counts now still does, whenever that is asked."""
        self._look()
        now = self._hash

        def counts() -> bool:
            self._look()
            return self._hash == now

        return counts

    def is_open_to(self, token: str) -> bool:
        """Whether a request with this session is admitted."""
        self._look()
        return bool(token) and self._sessions.holds(token, time.time())

    async def knows(self, authorization: str, who: str) -> bool:
        """Whether this header (Basic, with any name) has the password in it. Raises TooManyTriesError."""
        password = _password_in(authorization)
        if password is None:
            return False
        self._look()
        if self._known is not None and hmac.compare_digest(self._known, self._mark(password)):
            return True
        return await self._is_right(password, who)

    async def _is_right(self, password: str, who: str) -> bool:
        if wait_s := self._limit.wait_s(who, time.monotonic()):
            self.refused += 1
            raise TooManyTriesError(wait_s)
        self._look()
        async with self._turn:
            right = len(password) <= LONGEST and await asyncio.to_thread(is_right, password, self._hash)
        if right:
            self._limit.right(who)
            self._known = self._mark(password)
        else:
            self.refused += 1
            log.warning("a wrong password for the page, from %s", who)
        return right

    def _mark(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(errors="replace"), "sha256")

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return
        self._looked_s = now_s
        try:
            found = self._read_hash()
        except (OSError, ValueError) as error:
            log.debug("the password's file cannot be read again: %s", error)
            return
        if found != self._hash:
            log.info("another password for the page: every page must log in again")
            self._hash, self._known = found, None
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
