"""PURE. Picture of the trend: one bar a night, as high as its crying was long, and the mean of seven nights."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from babycryd.i18n import say
from babycryd.report import svg
from babycryd.report.lines import SMALL_EM
from babycryd.report.summary import SHORTEST_GAP_S, NightFigures, long_date, short_date, short_length

WIDTH: Final = 360.0  # px of a phone; a wider page enlarges the picture
_LEFT, _TOP, _HEIGHT = 4.0, 22.0, 74.0
_BOTTOM: Final = _TOP + _HEIGHT
_MEAN_OF: Final = 7  # nights
_LEAST_SCALE_S: Final = 1800.0  # so that a minute of crying in a quiet month does not fill the picture

Nights = Sequence[tuple[date, NightFigures]]


def trend_picture(nights: Nights, language: str) -> str:
    """Return the picture of the nights, oldest first; the last one is drawn as the chosen one."""
    step = (WIDTH - 2 * _LEFT) / max(1, len(nights))
    highest_s = max([_LEAST_SCALE_S, *(each.crying_s for _, each in nights)])
    parts = [
        svg.line(_LEFT, _BOTTOM, WIDTH - _LEFT, _BOTTOM),
        *_bars(nights, step, highest_s, language),
        *_mean(nights, step, highest_s),
        *_weeks(nights, step, language),
        svg.text(_LEFT, 12, say(language, "trend.scale", length=short_length(highest_s, language)), "faint small"),
        svg.text(WIDTH - _LEFT, 12, say(language, "trend.mean"), "faint small", "end"),
    ]
    return svg.picture(WIDTH, _BOTTOM + 20, say(language, "picture.month"), parts)


def _bars(nights: Nights, step: float, highest_s: float, language: str) -> Iterator[str]:
    for number, (day, about) in enumerate(nights):
        x, last = _LEFT + number * step, number == len(nights) - 1
        known = about.listened_s >= SHORTEST_GAP_S or about.cries > 0
        height = max(2.0, _HEIGHT * about.crying_s / highest_s)
        bar = svg.rect(x + 1.5, _BOTTOM - 5, step - 3, 5, "off")
        if known:
            kind = "cry" if about.crying_s > 0 else "calm"
            bar = svg.rect(x + 1.5, _BOTTOM - height, step - 3, height, kind, round_px=1.5)
        words = short_length(about.crying_s, language) if known else say(language, "legend.off")
        chosen = svg.rect(x, _TOP - 2, step, _HEIGHT + 2, "listened", round_px=3) if last else ""
        hit = svg.rect(x, _TOP - 2, step, _HEIGHT + 20, "hit")
        told = svg.title(f"{long_date(day, language)}: {words}")
        yield f'<g class="night" data-night="{day.isoformat()}">{told}{chosen}{bar}{hit}</g>'


def _mean(nights: Nights, step: float, highest_s: float) -> Iterator[str]:
    """Yield the line of the mean crying of seven nights, where at least three of them were listened to."""
    points = []
    for number in range(len(nights)):
        week = [each for _, each in nights[max(0, number - _MEAN_OF + 1) : number + 1]]
        known = [each.crying_s for each in week if each.is_known]
        if len(known) >= 3:
            y = _BOTTOM - _HEIGHT * sum(known) / len(known) / highest_s
            points.append(f"{_LEFT + (number + 0.5) * step:.1f} {y:.1f}")
    if len(points) > 1:
        yield f'<path class="mean" d="M{"L".join(points)}"/>'


def _weeks(nights: Nights, step: float, language: str) -> Iterator[str]:
    """Yield the date below each Monday."""
    for number, (day, _) in enumerate(nights):
        if day.weekday() == 0:
            words = short_date(day, language)
            half = len(words) * 12 * SMALL_EM / 2
            x = min(max(_LEFT + (number + 0.5) * step, _LEFT + half), WIDTH - _LEFT - half)
            yield svg.text(x, _BOTTOM + 14, words, "faint small", "middle")
