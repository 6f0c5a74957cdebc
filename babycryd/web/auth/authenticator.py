"""Authenticator: checks passwords and sessions, and limits the tries."""

import asyncio
import base64
import binascii
import hmac
import logging
import math
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from babycryd.web.auth.login_limit import LoginLimit
from babycryd.web.auth.passwords import LONGEST, is_right
from babycryd.web.auth.sessions import Sessions

log = logging.getLogger(__name__)
RELOAD_EVERY_S = 5.0  # to notice that `babycryd passwd` was run
NO_HASH: Final = (
    "every login is refused: the file of the password cannot be used; run on this computer: babycryd passwd"
)
ReadHash = Callable[[], str]  # raises OSError or ValueError where there is no hash


class TooManyTriesError(Exception):
    """Too many tries: the password was not checked."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many tries; the next one in {wait_s:.0f} s")
        self.wait_s = wait_s


class NoHashError(Exception):
    """There is no usable hash of a password, so that every login is refused; the text has the reason."""


class Authenticator:
    """Authenticator of the page. Loop thread only; passwords are checked in a thread, one at a time.

    Without a usable hash it refuses every login, says why, and looks for one again every few seconds of use.
    """

    def __init__(self, read_hash: ReadHash, folder: Path, session_s: float) -> None:
        """`read_hash`: called now and every few seconds of use; another password ends every session."""
        self._read_hash = read_hash
        self._folder = folder
        self._session_s = session_s
        self._hash: str | None = None  # None: there was no usable one since the start
        self._sessions: Sessions | None = None
        self._reloaded_s = -math.inf
        self.trouble: str | None = None  # why the hash cannot be read now
        self._limit = LoginLimit()
        self._lock = asyncio.Lock()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by client
        self._key = secrets.token_bytes(32)
        self._right: bytes | None = None  # keyed digest of the right password, which saves the slow check
        self.refused = 0  # logins, since the start
        self.reload()

    @property
    def is_closed(self) -> bool:
        """Whether there is no usable hash, so that no password is right."""
        self.reload()
        return self._hash is None

    async def log_in(self, password: str, client: str) -> str | None:
        """Begin a session and return its token; None for a wrong password. Raises TooManyTriesError, NoHashError."""
        if not await self._is_right(password, client) or self._sessions is None:
            return None
        return self._sessions.begin(time.time())

    def log_out(self, token: str) -> None:
        """End a session."""
        if self._sessions is not None:
            self._sessions.end(token)

    def password_unchanged(self) -> Callable[[], bool]:
        """Return a function that says whether the password is still the present one."""
        self.reload()
        now = self._hash

        def unchanged() -> bool:
            self.reload()
            return self._hash == now

        return unchanged

    def has_session(self, token: str) -> bool:
        """Return whether the token belongs to a session."""
        self.reload()
        return bool(token) and self._sessions is not None and self._sessions.is_valid(token, time.time())

    async def has_password(self, authorization: str, client: str) -> bool:
        """Return whether this header (Basic, any user name) has the right password.

        Raises TooManyTriesError, NoHashError.
        """
        password = _password_in(authorization)
        return password is not None and await self._is_right(password, client)

    async def _is_right(self, password: str, client: str) -> bool:
        """Return whether the password is right. The limit is asked first: its answer must not depend on the password.

        A client waits for its own earlier tries, then for one try of each other client.
        """
        self._refuse_beyond(self._limit.wait_s(client, time.monotonic()))
        self.reload()
        if self._hash is None:
            raise NoHashError(NO_HASH)
        if self._right is not None and hmac.compare_digest(self._right, self._digest(password)):
            self._limit.know(client)  # without new tries for others at its address
            return True
        self._refuse_beyond(self._limit.take(client, time.monotonic()))
        async with self._lock_of(client), self._lock:
            hashed = self._hash
            right = len(password) <= LONGEST and await asyncio.to_thread(is_right, password, hashed)
        if right and hashed == self._hash:
            self._limit.reset(client)
            self._right = self._digest(password)
        elif not right:
            self.refused += 1
            log.warning("a wrong password for the page, from %s", client)
        return right

    def _refuse_beyond(self, wait_s: float) -> None:
        if wait_s > 0:
            self.refused += 1
            raise TooManyTriesError(wait_s)

    def _lock_of(self, client: str) -> asyncio.Lock:
        lock = self._locks.get(client)
        if lock is None:
            lock = self._locks[client] = asyncio.Lock()
        return lock

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(errors="replace"), "sha256")

    def reload(self) -> None:
        """Read the hash again, where that was not done just now."""
        now_s = time.monotonic()
        if now_s - self._reloaded_s < RELOAD_EVERY_S:
            return
        self._reloaded_s = now_s
        try:
            found = self._read_hash()
        except (OSError, ValueError) as error:
            self._say_trouble(str(error))
            return
        self.trouble = None
        if found != self._hash:
            if self._hash is not None:
                log.info("the password of the page has changed: every page must log in again")
            self._hash, self._right = found, None
            self._sessions = Sessions(self._folder, found, self._session_s)

    def _say_trouble(self, trouble: str) -> None:
        if trouble != self.trouble:
            state = (
                "every login to the page is refused" if self._hash is None else "the page keeps the earlier password"
            )
            log.warning("%s: %s", state, trouble)
        self.trouble = trouble


def _password_in(authorization: str) -> str | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic" or len(value) > 4 * LONGEST:
        return None
    try:
        name_and_password = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return name_and_password.partition(":")[2]
