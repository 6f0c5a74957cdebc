"""Logger for aiohttp that clients cannot flood."""

import logging
import time
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from babycryd.core.token_bucket import TokenBucket

_ERRORS: Final = 10  # log lines of errors in a burst: a client may find a request that always fails
_ERROR_EVERY_S: Final = 60.0
_OF_CLIENTS: Final = (HttpProcessingError, ConnectionError, web.RequestPayloadError)


def quiet_log() -> logging.Logger:
    """Return a logger for aiohttp that drops errors of invalid HTTP: a client could fill the disk with them."""
    quiet = logging.getLogger("babycryd.web.server.http")
    quiet.filters = [_QuietFilter()]
    return quiet


class _QuietFilter(logging.Filter):
    """Filter that drops the errors of clients, and errors of our own beyond ten and one a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = TokenBucket(_ERRORS, _ERROR_EVERY_S, time.monotonic())

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, _OF_CLIENTS) and self._lines.take(time.monotonic())
