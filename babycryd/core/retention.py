"""PURE. Rule of every retention: which records are too old."""

from collections.abc import Sequence
from typing import Final

DAY_S: Final = 86_400.0


def too_old_until(times_utc_s: Sequence[float], keep_days: float, now_utc_s: float) -> float:
    """Return the time up to which records are too old, seconds since 1970.

    `times_utc_s`: times of all records, sorted. `now_utc_s`: by the retention clock, see `system/retention_clock.py`.
    One pass reaches at most the older half of the records: a mistake costs half of them, and the log tells it.
    """
    limit_utc_s = now_utc_s - keep_days * DAY_S
    if not times_utc_s:
        return limit_utc_s
    return min(limit_utc_s, times_utc_s[(len(times_utc_s) - 1) // 2])
