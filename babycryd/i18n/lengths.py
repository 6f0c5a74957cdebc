"""PURE. Lengths of time in words, by language."""

from typing import Final

from babycryd.i18n import count, say

_IN_DAYS_H: Final = 72


def length(seconds: float, language: str) -> str:
    """Return a length of time rounded to minutes: `less than a minute`, `14 minutes`, `1 hour`, `5 h 40`."""
    minutes = whole_minutes(seconds)
    if minutes == 0:
        return say(language, "length.under_minute")
    if minutes < 60:
        return count(language, "length.minutes", minutes, minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours >= _IN_DAYS_H:
        return count(language, "length.days", round(hours / 24), days=round(hours / 24))
    if minutes == 0:
        return count(language, "length.hours_exactly", hours, hours=hours)
    return say(language, "length.hours", hours=hours, minutes=minutes)


def whole_minutes(seconds: float) -> int:
    """Return a length in minutes, rounded: half a minute is one, for which `round` would take none."""
    return int(seconds / 60 + 0.5)
