"""PURE. Seven days under one another, and whether it gets better."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Final

from babycryd.core.records import Span
from babycryd.i18n import say
from babycryd.report import svg
from babycryd.report.calendar import noon_to_noon, short_weekday
from babycryd.report.figures import BLINK_S, NightFigures, figures
from babycryd.report.sentence import length, short_length
from babycryd.report.timeline import WIDTH, Axis, band, cries, hours, legend, music

DAYS: Final = 7
_LEAST_LISTENED_S: Final = 4 * 3600.0  # else a day says nothing of crying
_SAME: Final = 0.15  # a difference of less is none
_TOP, _ROW = 20.0, 26.0


@dataclass(frozen=True, slots=True)
class Day:
    """From noon to noon; `day` is the second one."""

    day: date
    span: Span


def week_picture(days: Sequence[Day], language: str, zone: tzinfo | None, prefix: str = "week") -> str:
    """One band a day, oldest first; behind it how long the crying and the longest quiet were."""
    parts = [svg.patterns(prefix), *_head(language)]
    for number, each in enumerate(days):
        parts += _row(each, _TOP + number * _ROW, language, zone, prefix, last=number == len(days) - 1)
    spans = [each.span for each in days]
    everything = Span(
        0.0,
        0.0,
        episodes=tuple(each for span in spans for each in span.episodes),
        lullabies=tuple(each for span in spans for each in span.lullabies),
        stretches=tuple(each for span in spans for each in span.stretches),
    )
    below, key = legend(everything, language, _TOP + len(days) * _ROW + 28, prefix)
    return svg.picture(WIDTH, below + 6, say(language, "picture.week"), [*parts, *key])


def trend(before: Sequence[Day], now: Sequence[Day], language: str) -> str:
    """A sentence of how much crying there is in a day, and whether that is less than the week before."""
    was, is_now = _crying_a_day_s(before), _crying_a_day_s(now)
    if is_now is None:
        return _begin(say(language, "picture.trend.none"))
    words = {"now": length(is_now, language)}
    if was is None:
        return _begin(say(language, "picture.trend.first", **words))
    same = abs(is_now - was) <= max(60.0, _SAME * was)
    kind = "same" if same else "less" if is_now < was else "more"
    places = words if same else {**words, "before": length(was, language)}
    return _begin(say(language, f"picture.trend.{kind}", **places))


def _begin(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _crying_a_day_s(days: Sequence[Day]) -> float | None:
    """Only days on which it listened; None where there is none."""
    known = [each for each in map(_figures, days) if each.listened_s >= _LEAST_LISTENED_S]
    return sum(each.crying_s for each in known) / len(known) if known else None


def _figures(day: Day) -> NightFigures:
    return figures(day.span)


def _head(language: str) -> list[str]:
    return [
        svg.text(314, 12, say(language, "column.crying"), "faint small", "end"),
        svg.text(356, 12, say(language, "column.quiet"), "faint small", "end"),
    ]


def _row(day: Day, y: float, language: str, zone: tzinfo | None, prefix: str, *, last: bool) -> list[str]:
    start_utc_s, end_utc_s = noon_to_noon(day.day, zone)
    axis = Axis(start_utc_s, end_utc_s, 46, 226)
    about = _figures(day)
    known = about.listened_s >= BLINK_S or about.cries > 0
    return [
        svg.text(4, y + 12, f"{short_weekday(day.day, language)} {day.day.day}", "small"),
        *band(day.span, axis, y, 15, prefix),
        *hours(axis, y, 20, zone, labels=last),
        *music(day.span, axis, y + 16, 4),
        *cries(day.span, axis, y, 15, language, zone, dots=False),
        svg.text(314, y + 12, short_length(about.crying_s, language) if known else "–", "small strong", "end"),
        svg.text(356, y + 12, short_length(about.longest_quiet_s, language) if known else "–", "small", "end"),
    ]
