"""PURE. Digest of a week: up to five sentences, and one picture with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import reduce
from typing import Final

from babycryd.core.records import Episode
from babycryd.i18n import count, say
from babycryd.i18n.lengths import length
from babycryd.report import svg
from babycryd.report.day import Day
from babycryd.report.lines import EM, wrapped
from babycryd.report.pictures import WIDTH, week_picture
from babycryd.report.sounds import sound_clauses, sound_figures
from babycryd.report.summary import NightFigures, counted, long_date
from babycryd.report.trend import crying_a_day_s, sentence_of, trend

_LETTER_PX: Final = 13.0
_LINE_PX: Final = 18.0


@dataclass(frozen=True, slots=True)
class Week:
    """Contents of a digest."""

    days: Sequence[Day]  # seven, the last one with the day of the digest
    before: Sequence[Day]  # the seven before them
    zone: tzinfo | None = None

    @property
    def day(self) -> date:
        """The day of the digest: the last morning of the week."""
        return self.days[-1].day

    @property
    def figures(self) -> list[tuple[Day, NightFigures]]:
        """The days with enough listening to be compared, each with its figures."""
        return [(day, about) for day in self.days if (about := day.figures).is_known]

    @property
    def cries(self) -> list[Episode]:
        """The episodes of the week, each once, without those that the owner marked as not the baby."""
        return list({each.id: each for day in self.days for each in counted((day.night or day.span).episodes)}.values())


def week_title(week: Week, language: str) -> str:
    return say(language, "week.title", date=long_date(week.day, language))


def week_sentences(week: Week, language: str) -> list[str]:
    """Return the digest in up to five sentences: crying, trend, hardest night, what calmed, listening."""
    return [sentence_of(each) for each in _clauses(week, language)]


def week_drawing(week: Week, language: str) -> str:
    """Return the digest as one SVG, WIDTH wide."""
    parts = [svg.text(4, 20, week_title(week, language), "title")]
    y = 44.0
    for each in week_sentences(week, language):
        for words in wrapped(each, _LETTER_PX * EM, WIDTH - 8):
            parts.append(svg.text(4, y, words, "said"))
            y += _LINE_PX
        y += 4
    drawn = week_picture(week.days, language, week.zone)
    parts.append(svg.placed(drawn, y))
    y += svg.height_of(drawn) + 4
    return svg.picture(WIDTH, y, week_title(week, language), [svg.rect(0, 0, WIDTH, y, "back"), *parts])


def _clauses(week: Week, language: str) -> Iterator[str]:
    known = week.figures
    if not known:
        yield say(language, "report.not_running")
        return
    cries = week.cries
    if not cries:
        yield say(language, "picture.trend.no_cry")
        yield _before(week, language)
    else:
        nights = sum(about.cries > 0 for _, about in known)
        crying = length(sum(about.crying_s for _, about in known), language)
        yield count(language, "week.cries", len(cries), nights=nights, known=len(known), length=crying)
        yield trend(week.before, week.days, language).removesuffix(".")
        hardest, about = max(known, key=lambda each: each[1].crying_s)
        date_, worst = long_date(hardest.day, language), length(about.crying_s, language)
        yield say(language, "week.hardest", date=date_, length=worst)
        yield _calmed(cries, language)
    yield _listened(week, language)


def _before(week: Week, language: str) -> str:
    was = crying_a_day_s(week.before)
    if was is None:
        return say(language, "picture.trend.none")
    return say(language, "week.before", before=length(was, language))


def _calmed(cries: Sequence[Episode], language: str) -> str:
    clauses = list(sound_clauses(sound_figures(cries), len(cries), language, length))
    if not clauses:
        return say(language, "week.nothing_calmed")
    return reduce(lambda one, other: say(language, "report.both", one=one, other=other), clauses)


def _listened(week: Week, language: str) -> str:
    whole = [each.figures for each in week.days]
    listened_s, missed_s = (sum(getattr(each, name) for each in whole) for name in ("listened_s", "not_listening_s"))
    quiet = length(max(each.longest_quiet_s for each in whole), language)
    percent = int(100 * listened_s / max(1.0, listened_s + missed_s))  # 100 only where nothing was missed
    return say(language, "week.listened", percent=percent, length=quiet)
