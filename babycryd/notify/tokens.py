"""One-time tokens for the button in a message, each of which acknowledges the alerts once."""

import hmac
import secrets
from collections import deque
from collections.abc import Callable
from typing import Final

_MOST: Final = 64  # tokens that are valid at a time


class AckTokens:
    """Tokens of the messages that were sent; each is valid once, and until the alerts are over."""

    def __init__(self, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> None:
        self._make = make
        self._valid: deque[str] = deque(maxlen=_MOST)

    def new(self) -> str:
        """Return a token that is valid from now on."""
        self._valid.append(self._make())
        return self._valid[-1]

    def take(self, token: str) -> bool:
        """Return whether a token is valid, and make it invalid."""
        sent = token.encode(errors="replace")
        found = [each for each in self._valid if hmac.compare_digest(each.encode(), sent)]
        for each in found:
            self._valid.remove(each)
        return bool(found)

    def clear(self) -> None:
        """Make every token invalid."""
        self._valid.clear()
