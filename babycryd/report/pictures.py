"""PURE. Pictures of a night and a week, time from left to right, with crying, music and listening."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from html import escape
from typing import Final

from babycryd.core.records import LISTENING, Span, sounded
from babycryd.i18n import say
from babycryd.report import svg
from babycryd.report.day import Day
from babycryd.report.episode_text import describe
from babycryd.report.summary import (
    SHORTEST_GAP_S,
    local,
    noon_to_noon,
    short_length,
    short_weekday,
)

WIDTH: Final = 360.0  # px of a phone; a wider page enlarges the picture
_THINNEST: Final = 2.5
_SPECK: Final = 0.2
_TO_TAP: Final = 24.0  # WCAG 2.5.8
_MINUTES_BETWEEN: Final = (15, 30, 60, 120, 180, 240, 360)
_QUARTER_S: Final = 900
_LABEL: Final = 26.0  # least distance of two labels
_TOP, _LANES = 18.0, 68.0  # of the bands, and below the music
_LETTER: Final = 6.6  # mean width of a small letter, on a narrow page
_GAPS: Final = ("deaf", "off", "snoozed")
_WEEK_TOP, _ROW = 20.0, 26.0
_CRYING_X: Final = 309.0  # right edge of the column; the widest fonts need 50 px for a length


@dataclass(frozen=True, slots=True)
class Axis:
    """Time axis: maps a time to its x."""

    start_utc_s: float
    end_utc_s: float
    left: float
    width: float

    def x(self, utc_s: float) -> float:
        share = (utc_s - self.start_utc_s) / max(1.0, self.end_utc_s - self.start_utc_s)
        return self.left + self.width * min(1.0, max(0.0, share))

    @property
    def speck_s(self) -> float:
        """Length of the longest gap in listening that is not drawn, because it would look like a speck."""
        return _SPECK * (self.end_utc_s - self.start_utc_s) / self.width


def night_picture(span: Span, end_utc_s: float, language: str, zone: tzinfo | None, prefix: str = "night") -> str:
    """Return the picture of a night from the span's start to `end_utc_s`, perhaps in the future.

    `prefix`: see `svg.patterns`.
    """
    axis = Axis(span.start_utc_s, end_utc_s, 4, WIDTH - 8)
    below, key = legend(span, language, _LANES + 32, prefix, axis.speck_s)
    parts = [
        svg.patterns(prefix),
        *band(span, axis, _TOP, _LANES - _TOP - 11, prefix),
        *hours(axis, _TOP, _LANES - _TOP, zone),
        *music(span, axis, _LANES - 9, 9),
        *cries(span, axis, _TOP, _LANES - _TOP - 11, language, zone),
        *key,
    ]
    return svg.picture(WIDTH, below + 6, say(language, "picture.night"), parts)


def band(span: Span, axis: Axis, y: float, height: float, prefix: str) -> Iterator[str]:
    """Yield the band of the listening, with patterns where nothing listened."""
    for each in span.stretches:
        x, width = axis.x(each.start_utc_s), axis.x(each.end_utc_s) - axis.x(each.start_utc_s)
        if each.doing in LISTENING:
            yield svg.rect(x, y, width + 0.3, height, "listened")
        elif each.end_utc_s - each.start_utc_s > axis.speck_s:
            yield svg.rect(x, y, width, height, "off")
            yield svg.rect(x, y, width, height, "", fill=f"{prefix}-{each.doing}")


def music(span: Span, axis: Axis, y: float, height: float) -> Iterator[str]:
    """Yield one bar a lullaby."""
    for each in span.lullabies:
        if sounded(each):
            x, end = axis.x(each.started_utc_s), axis.x(each.stopped_utc_s or span.end_utc_s)
            yield svg.rect(x, y, max(_THINNEST, end - x), height, "music", round_px=1.5)


def cries(
    span: Span, axis: Axis, y: float, height: float, language: str, zone: tzinfo | None, day: date | None = None
) -> Iterator[str]:
    """Yield one bar an episode, each a link to it and wide enough to tap.

    `day`: of the span, in a picture of several days: there each link names it, and no bar has a dot.
    """
    night = f' data-night="{day.isoformat()}"' if day else ""
    for each in span.episodes:
        x, end = axis.x(each.started_utc_s), axis.x(each.started_utc_s + each.duration_s)
        width = max(_THINNEST, end - x)
        about = describe(each, language, zone)
        kind = "doubt" if each.cry is False else "cry"
        left = min(x + width / 2 - _TO_TAP / 2, x) if width < _TO_TAP else x
        hit = svg.rect(left, y - 12, max(_TO_TAP, width), height + 12, "hit")
        dot = f'<circle class="{kind}" cx="{x + width / 2:.2f}" cy="{y - 8:.2f}" r="4"/>' if day is None else ""
        bar = svg.rect(x, y, width, height, kind, round_px=1)
        yield (
            f'<a href="#episode-{escape(each.id)}" data-episode="{escape(each.id)}"'
            f'{night} aria-label="{escape(about)}">'
            f"{svg.title(about)}{hit}{dot}{bar}</a>"
        )


def hours(axis: Axis, y: float, height: float, zone: tzinfo | None, *, labels: bool = True) -> Iterator[str]:
    """Yield ticks at whole hours of the local clock, or parts of one, as many as fit."""
    px_a_minute = axis.width / max(1.0, (axis.end_utc_s - axis.start_utc_s) / 60)
    step_min = next((each for each in _MINUTES_BETWEEN if each * px_a_minute >= _LABEL), 720)
    for utc_s, words in _ticks(axis, step_min, zone):
        x = axis.x(utc_s)
        yield svg.line(x, y, x, y + height + 3 * labels)
        if labels:
            middle = min(max(x, axis.left + 6), axis.left + axis.width - 6)
            yield svg.text(middle, y + height + 14, words, "faint", "middle")


def legend(span: Span, language: str, y: float, prefix: str, speck_s: float) -> tuple[float, list[str]]:
    """Return the y of the last line, and the legend of what the picture shows, in as many lines as it takes.

    `speck_s`: see `Axis`.
    """
    x, parts = 4.0, list[str]()
    for key, kind, pattern in _shown(span, prefix, speck_s):
        words = say(language, key)
        width = 24 + _LETTER * len(words)
        if x > 4 and x + width > WIDTH + 8:
            x, y = 4.0, y + 16
        if pattern:
            parts.append(svg.rect(x, y - 8, 9, 9, "off"))
        parts += [svg.rect(x, y - 8, 9, 9, kind, fill=pattern), svg.text(x + 12, y, words, "faint small")]
        x += width
    return y, parts


def _shown(span: Span, prefix: str, speck_s: float) -> Iterator[tuple[str, str, str]]:
    """Yield text, class and pattern of everything that the picture of a span shows."""
    if any(each.cry is not False for each in span.episodes):
        yield "legend.cry", "cry", ""
    if any(each.cry is False for each in span.episodes):
        yield "episode.not_mine", "doubt", ""
    if any(sounded(each) for each in span.lullabies):
        yield "legend.lullaby", "music", ""
    if any(each.doing in LISTENING for each in span.stretches):
        yield "legend.listening", "listened", ""
    gaps = {each.doing for each in span.stretches if each.end_utc_s - each.start_utc_s > speck_s}
    yield from ((f"legend.{gap}", "", f"{prefix}-{gap}") for gap in _GAPS if gap in gaps)


def _ticks(axis: Axis, step_min: int, zone: tzinfo | None) -> Iterator[tuple[float, str]]:
    """Yield ticks: times of the local clock that `step_min` divides, each once, also when summer time ends.

    Written `22` where all ticks are whole hours, else `22:15`.
    """
    first = math.ceil(axis.start_utc_s / _QUARTER_S) * _QUARTER_S
    seen: set[datetime] = set()
    for utc_s in range(first, int(axis.end_utc_s) + 1, _QUARTER_S):
        moment = local(utc_s, zone).replace(fold=0)
        if (moment.hour * 60 + moment.minute) % step_min == 0 and moment not in seen:
            seen.add(moment)
            yield utc_s, f"{moment.hour}" if step_min >= 60 else f"{moment:%H:%M}"


_BAND: Final = Axis(0.0, 86_400.0, 50, 206)  # of a day in the picture of a week


def week_picture(days: Sequence[Day], language: str, zone: tzinfo | None, prefix: str = "week") -> str:
    """Return the picture of a week: one band a day, oldest first, the length of the crying and the longest quiet."""
    parts = [svg.patterns(prefix), *_head(language)]
    for number, each in enumerate(days):
        parts += _row(each, _WEEK_TOP + number * _ROW, language, zone, prefix, last=number == len(days) - 1)
    spans = [each.span for each in days]
    everything = Span(
        0.0,
        0.0,
        episodes=tuple(each for span in spans for each in span.episodes),
        lullabies=tuple(each for span in spans for each in span.lullabies),
        stretches=tuple(each for span in spans for each in span.stretches),
    )
    below, key = legend(everything, language, _WEEK_TOP + len(days) * _ROW + 28, prefix, _BAND.speck_s)
    return svg.picture(WIDTH, below + 6, say(language, "picture.week"), [*parts, *key])


def _head(language: str) -> list[str]:
    return [
        svg.text(_CRYING_X, 12, say(language, "column.crying"), "faint small", "end"),
        svg.text(356, 12, say(language, "column.quiet"), "faint small", "end"),
    ]


def _row(day: Day, y: float, language: str, zone: tzinfo | None, prefix: str, *, last: bool) -> list[str]:
    start_utc_s, end_utc_s = noon_to_noon(day.day, zone)
    axis = replace(_BAND, start_utc_s=start_utc_s, end_utc_s=end_utc_s)
    about = day.figures
    known = about.listened_s >= SHORTEST_GAP_S or about.cries > 0
    return [
        svg.text(4, y + 12, f"{short_weekday(day.day, language)} {day.day.day}", "small"),
        *band(day.span, axis, y, 15, prefix),
        *hours(axis, y, 20, zone, labels=last),
        *music(day.span, axis, y + 16, 4),
        *cries(day.span, axis, y, 15, language, zone, day.day),
        svg.text(_CRYING_X, y + 12, short_length(about.crying_s, language) if known else "–", "small strong", "end"),
        svg.text(356, y + 12, short_length(about.longest_quiet_s, language) if known else "–", "small", "end"),
    ]
