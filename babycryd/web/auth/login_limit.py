"""PURE. Login limit: token buckets for the password tries of each client, and of all clients."""

from collections import OrderedDict
from typing import Final

from babycryd.core.token_bucket import TokenBucket

_TRIES: Final = 5  # in a burst, by one client
_TRY_EVERY_S: Final = 30.0  # after the burst
_ALL_TRIES: Final = 30  # in a burst, by all clients together: each check takes memory and CPU time
_ALL_EVERY_S: Final = 2.0
_MOST_CLIENTS: Final = 256  # with a bucket of their own; beyond, the least recent one is dropped


class LoginLimit:
    """Limit of password tries, by client and in total. Times are seconds of any one clock that never goes back."""

    def __init__(self) -> None:
        self._all = TokenBucket(_ALL_TRIES, _ALL_EVERY_S)
        self._each: OrderedDict[str, TokenBucket] = OrderedDict()

    def wait_s(self, client: str, now_s: float) -> float:
        """Count a try and return 0, or return the time until the next try is allowed."""
        mine = self._each.setdefault(client, TokenBucket(_TRIES, _TRY_EVERY_S, now_s))
        self._each.move_to_end(client)
        while len(self._each) > _MOST_CLIENTS:
            self._each.popitem(last=False)
        wait_s = max(mine.wait_s(now_s), self._all.wait_s(now_s))
        if wait_s == 0:
            mine.take(now_s)
            self._all.take(now_s)
        return wait_s

    def reset(self, client: str) -> None:
        """Reset the limit of a client, after the right password."""
        self._each.pop(client, None)
