"""PURE. How the night was, in plain words."""

import functools
from collections.abc import Iterator
from typing import Final

from babycryd.i18n import count, say
from babycryd.report.figures import BLINK_S, NightFigures

_IN_DAYS_H: Final = 72


def sentence(figures: NightFigures, language: str, *, over: bool = True) -> str:
    """`Two cries, 14 minutes in all; ...`, one sentence with its full stop. Not `over`: there is more to come."""
    if figures.listened_s + figures.not_listening_s <= 0:
        text = say(language, "report.future")
    elif figures.listened_s < BLINK_S and figures.cries == 0 and figures.snoozed_s < BLINK_S:
        text = say(language, "report.nobody" if figures.deaf_s < BLINK_S else "report.nobody_heard")
    else:
        parts = _parts(figures, language)
        text = functools.reduce(lambda one, other: say(language, "report.both", one=one, other=other), parts)
    if not over and figures.listened_s + figures.not_listening_s > 0:
        text = say(language, "report.running", sentence=text)
    return text[0].upper() + text[1:] + "."


def length(seconds: float, language: str) -> str:
    """`less than a minute`, `14 minutes`, `1 hour`, `5 h 40`: rounded to minutes."""
    minutes = _minutes(seconds)
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


def short_length(seconds: float, language: str) -> str:
    """`< 1 min`, `14 min`, `5 h 40`; `0` for nothing."""
    minutes = _minutes(seconds)
    if minutes >= 60:
        return say(language, "length.short.hours", hours=minutes // 60, minutes=minutes % 60)
    if minutes > 0:
        return say(language, "length.short.minutes", minutes=minutes)
    return say(language, "length.short.under_minute") if seconds > 0 else "0"


def _minutes(seconds: float) -> int:
    return int(seconds / 60 + 0.5)  # half a minute is one; `round` would take it for none


def _parts(figures: NightFigures, language: str) -> Iterator[str]:
    if figures.cries:
        yield count(language, "report.cries", figures.cries, length=length(figures.crying_s, language))
    else:
        yield say(language, "report.no_cry")
    if figures.calmed_in_s is not None:
        yield _calmed(figures, length(figures.calmed_in_s, language), language)
    if figures.longest_quiet_s >= BLINK_S:
        yield say(language, "report.quiet", length=length(figures.longest_quiet_s, language))
    gaps = {"deaf": figures.deaf_s, "off": figures.off_s, "snoozed": figures.snoozed_s}
    long_ones = {name: seconds for name, seconds in gaps.items() if seconds >= BLINK_S}
    for name, seconds in long_ones.items():
        yield say(language, f"report.{name}", length=length(seconds, language))
    if long_ones:
        yield say(language, "report.perhaps_more")


def _calmed(figures: NightFigures, took: str, language: str) -> str:
    if figures.cries == 1:
        return say(language, "report.calmed.it", length=took)
    if figures.calmed == figures.cries:
        return say(language, "report.calmed.all", length=took)
    return count(language, "report.calmed", figures.calmed, length=took)
