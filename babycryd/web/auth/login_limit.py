"""PURE. Limit of password tries: a token bucket for each client, and one for all."""

from collections import OrderedDict
from typing import Final

from babycryd.core.token_bucket import TokenBucket

_TRIES: Final = 5  # at once, by one client
_TRY_EVERY_S: Final = 30.0  # then
_ALL_TRIES: Final = 30  # by all clients together: each costs memory and a moment of the CPU
_ALL_EVERY_S: Final = 2.0
_REMEMBERED: Final = 256  # clients; the one not seen for longest is forgotten


class LoginLimit:
    """Times are seconds on any one clock that never goes back."""

    def __init__(self) -> None:
        self._all = TokenBucket(_ALL_TRIES, _ALL_EVERY_S)
        self._each: OrderedDict[str, TokenBucket] = OrderedDict()

    def wait_s(self, who: str, now_s: float) -> float:
        """0, and a try is counted; else how long until the next one is allowed."""
        mine = self._each.setdefault(who, TokenBucket(_TRIES, _TRY_EVERY_S, now_s))
        self._each.move_to_end(who)
        while len(self._each) > _REMEMBERED:
            self._each.popitem(last=False)
        wait_s = max(mine.wait_s(now_s), self._all.wait_s(now_s))
        if wait_s == 0:
            mine.take(now_s)
            self._all.take(now_s)
        return wait_s

    def right(self, who: str) -> None:
        """It was the right password: earlier mistakes are forgotten."""
        self._each.pop(who, None)
