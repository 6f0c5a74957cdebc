"""PURE. Four figures of a night, each with its mean in the week before and the change against that, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from babycryd.i18n import say
from babycryd.i18n.lengths import whole_minutes
from babycryd.report.summary import NightFigures, short_length

Words = Callable[[float, str], str]


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure: its name, its value of a night, and the words for a value."""

    name: str  # key of its label: `figure.…`
    value: Callable[[NightFigures], float | None]  # None: the night has none
    words: Words
    same: float  # a smaller difference counts as none
    more_is_better: bool = False


def _number(value: float, language: str) -> str:
    """Return a number with one decimal where it has one: `2`, `2.4`."""
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", say(language, "number.point"))


_FIGURES: Final = (
    _Figure("crying", lambda night: night.crying_s, short_length, 60.0),
    _Figure("cries", lambda night: float(night.cries), _number, 0.5),
    _Figure("quiet", lambda night: night.longest_quiet_s, short_length, 60.0, more_is_better=True),
    _Figure("calm", lambda night: night.calmed_in_s, short_length, 60.0),
)


def changes(night: NightFigures, week: Sequence[NightFigures], language: str, *, over: bool) -> list[dict[str, Any]]:
    """Return the four figures as JSON-ready values. `week`: the nights before; those hardly listened to are left out.

    A night that goes on (not `over`) is not compared: it would seem better than it is.
    """
    known = [each for each in week if each.is_known]
    heard = night.listened_s > 0
    return [_figure(each, night if heard else None, known, language, compare=over and heard) for each in _FIGURES]


def _figure(
    figure: _Figure, night: NightFigures | None, week: Sequence[NightFigures], language: str, *, compare: bool
) -> dict[str, Any]:
    now = figure.value(night) if night else None
    values = [value for value in map(figure.value, week) if value is not None]
    mean = sum(values) / len(values) if values else None
    change = _change(figure, now, mean) if compare else None
    return {
        "what": figure.name,
        "name": say(language, f"figure.{figure.name}"),
        "value": "–" if now is None else figure.words(now, language),
        "week": "" if mean is None else say(language, "night.week_before", value=figure.words(mean, language)),
        "change": "" if change is None else _in_words(figure, change, language),
        "better": None if not change else (change > 0) == figure.more_is_better,
    }


def _change(figure: _Figure, now: float | None, mean: float | None) -> float | None:
    """Return the difference to the week before, between the figures as they are shown, lengths in whole minutes.

    0 where it is small; None where there is nothing to compare.
    """
    if now is None or mean is None:
        return None
    if figure.words is short_length:
        now, mean = 60.0 * whole_minutes(now), 60.0 * whole_minutes(mean)
    return 0.0 if abs(now - mean) < figure.same else now - mean


def _in_words(figure: _Figure, change: float, language: str) -> str:
    """Return a difference as `12 min less`."""
    if change == 0:
        return say(language, "night.change.same")
    return say(language, f"night.change.{'more' if change > 0 else 'less'}", value=figure.words(abs(change), language))
