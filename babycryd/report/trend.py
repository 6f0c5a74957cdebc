"""PURE. Trend of the crying: a week compared with the week before it."""

from collections.abc import Sequence
from typing import Final

from babycryd.i18n import say
from babycryd.i18n.lengths import length
from babycryd.report.day import Day

_SAME: Final = 0.15  # share of the week before; a smaller difference counts as the same


def trend(before: Sequence[Day], now: Sequence[Day], language: str) -> str:
    """Return a sentence on the crying in a day, compared with the week before."""
    was, is_now = crying_a_day_s(before), crying_a_day_s(now)
    if is_now is None:
        return sentence_of(say(language, "picture.trend.none"))
    words = {"now": length(is_now, language)}
    if is_now == 0:
        return sentence_of(say(language, "picture.trend.no_cry"))
    if was is None:
        return sentence_of(say(language, "picture.trend.first", **words))
    same = abs(is_now - was) <= max(60.0, _SAME * was)
    kind = "same" if same else "less" if is_now < was else "more"
    places = words if same else {**words, "before": length(was, language)}
    return sentence_of(say(language, f"picture.trend.{kind}", **places))


def sentence_of(text: str) -> str:
    """Return a clause as a sentence: with a capital and a full stop."""
    return text[0].upper() + text[1:] + "."


def crying_a_day_s(days: Sequence[Day]) -> float | None:
    """Return the mean crying a night over the days with enough listening; None where there are none."""
    known = [each for each in (day.figures for day in days) if each.is_known]
    return sum(each.crying_s for each in known) / len(known) if known else None
