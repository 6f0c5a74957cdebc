"""PURE. Limit of password tries: a token bucket for each client, and one for all."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_TRIES: Final = 5  # at once, by one client
_TRY_EVERY_S: Final = 30.0  # then
_ALL_TRIES: Final = 30  # by all clients together: each costs memory and a moment of the CPU
_ALL_EVERY_S: Final = 2.0
_REMEMBERED: Final = 256  # clients; the one not seen for longest is forgotten


@dataclass(slots=True)
class _Bucket:
    left: float
    at_s: float


class LoginLimit:
    """Times are seconds on any one clock that never goes back."""

    def __init__(self) -> None:
        self._all = _Bucket(_ALL_TRIES, 0.0)
        self._each: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, who: str, now_s: float) -> float:
        """0, and a try is counted; else how long until the next one is allowed."""
        mine = self._each.setdefault(who, _Bucket(_TRIES, now_s))
        self._each.move_to_end(who)
        while len(self._each) > _REMEMBERED:
            self._each.popitem(last=False)
        _refill(mine, now_s, _TRIES, _TRY_EVERY_S)
        _refill(self._all, now_s, _ALL_TRIES, _ALL_EVERY_S)
        wait_s = max((1 - mine.left) * _TRY_EVERY_S, (1 - self._all.left) * _ALL_EVERY_S)
        if wait_s > 0:
            return wait_s
        mine.left -= 1
        self._all.left -= 1
        return 0.0

    def right(self, who: str) -> None:
        """It was the right password: earlier mistakes are forgotten."""
        self._each.pop(who, None)


def _refill(bucket: _Bucket, now_s: float, most: int, every_s: float) -> None:
    bucket.left = min(float(most), bucket.left + (now_s - bucket.at_s) / every_s)
    bucket.at_s = now_s
