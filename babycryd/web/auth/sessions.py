"""Login sessions, stored as hashes, so that they survive a restart."""

import hashlib
import hmac
import json
import logging
import math
import secrets
from pathlib import Path
from typing import Any, Final

from babycryd.system.files import write_whole
from babycryd.system.plain_files import read_small

log = logging.getLogger(__name__)
FILE: Final = "web-sessions.json"
_MOST: Final = 64  # beyond, the one that ends first is dropped


class Sessions:
    """Login sessions. Login and logout block for a small write. After a failed write a restart ends the sessions."""

    def __init__(self, folder: Path, password_hash: str, length_s: float) -> None:
        """`password_hash`: another one than last time ends every session."""
        self._path = folder / FILE
        self._password = _digest(password_hash)
        self._length_s = length_s
        self._ends_utc_s: dict[str, float] = self._read()

    def begin(self, utc_s: float) -> str:
        """Begin a session; return its token, for the cookie."""
        token = secrets.token_urlsafe(32)
        self._ends_utc_s = {key: ends for key, ends in self._ends_utc_s.items() if ends > utc_s}
        while len(self._ends_utc_s) >= _MOST:
            self._ends_utc_s.pop(min(self._ends_utc_s, key=self._ends_utc_s.__getitem__))
        self._ends_utc_s[_digest(token)] = utc_s + self._length_s
        self._write()
        return token

    def is_valid(self, token: str, utc_s: float) -> bool:
        """Return whether a session has this token and has not ended; False where the clock was set far back."""
        ends_utc_s = self._ends_utc_s.get(_digest(token), -math.inf)
        return utc_s < ends_utc_s <= utc_s + 2 * self._length_s

    def end(self, token: str) -> None:
        """End a session."""
        if self._ends_utc_s.pop(_digest(token), None) is not None:
            self._write()

    def _read(self) -> dict[str, float]:
        try:
            stored: Any = json.loads(read_small(self._path).decode())
            if stored["password"] != self._password:
                return {}
            return {str(key): float(ends) for key, ends in stored["ends_utc_s"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            log.warning("%s cannot be read (%s): every page must log in again", self._path, error)
            return {}

    def _write(self) -> None:
        stored = {"password": self._password, "ends_utc_s": self._ends_utc_s}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, json.dumps(stored).encode(), mode=0o600)
        except OSError as error:
            log.warning("%s cannot be written (%s): a restart will end the new sessions", self._path, error.strerror)


def csrf_of(token: str) -> str:
    """Return the CSRF token of a session, which the page sends with every command, and another site cannot know."""
    return hmac.new(token.encode(), b"babycryd csrf", hashlib.sha256).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()  # a cookie may have any bytes
