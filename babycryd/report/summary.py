"""PURE. Summary of a night by the owner's clock, in figures and in words.

`zone` None is the system's time zone, with its summer time.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from babycryd.core.records import LISTENING, Doing, Episode, Span, sounded
from babycryd.i18n import count, say, texts
from babycryd.i18n.lengths import length, whole_minutes
from babycryd.report.sounds import SoundFigures, sound_clauses, sound_figures

SHORTEST_GAP_S: Final = 120.0  # a shorter gap in listening is not reported
_LEAST_LISTENED_S: Final = 4 * 3600.0  # a night with less listening is not compared with others


def at(day: date, clock: time, zone: tzinfo | None) -> float:
    """Return the seconds since 1970 UTC of a local time."""
    return datetime.combine(day, clock, zone).timestamp()


def local(utc_s: float, zone: tzinfo | None) -> datetime:
    """Return the local time of seconds since 1970 UTC."""
    return datetime.fromtimestamp(utc_s, zone)


def night_of(day: date, hours: tuple[time, time], zone: tzinfo | None) -> tuple[float, float]:
    """Return start and end of the night before `day`; of hours within `day` where they do not pass midnight."""
    begin, end = hours
    first = day - timedelta(days=1) if begin >= end else day
    return at(first, begin, zone), at(day, end, zone)


def noon_to_noon(day: date, zone: tzinfo | None) -> tuple[float, float]:
    """Return the 24 hours that end at `day`'s noon, so that no night is cut in two."""
    return at(day - timedelta(days=1), time(12), zone), at(day, time(12), zone)


def day_of(utc_s: float, zone: tzinfo | None) -> date:
    """Return the day whose night a time belongs to: from noon on, the next day."""
    moment = local(utc_s, zone)
    return moment.date() + timedelta(days=moment.hour >= 12)


def long_date(day: date, language: str) -> str:
    """Return a date as `Tuesday, 24 November`."""
    catalogue = texts(language)
    weekday = catalogue["weekdays"].split()[day.weekday()]
    return say(language, "date", weekday=weekday, day=day.day, month=catalogue["months"].split()[day.month - 1])


def short_date(day: date, language: str) -> str:
    """Return a day as a label has it: 2 Nov."""
    months = texts(language)["months"].split()
    name = months[day.month - 1]
    letters = next(size for size in (3, 4) if sum(each.startswith(name[:size]) for each in months) == 1)
    return say(language, "date.short", day=day.day, month=name[:letters])


def short_weekday(day: date, language: str) -> str:
    """Return a weekday as `Tue`."""
    return texts(language)["weekdays.short"].split()[day.weekday()]


@dataclass(frozen=True, slots=True)
class NightFigures:
    """Figures of a span; episodes that the owner marked as not the baby do not count."""

    cries: int
    crying_s: float  # within the span
    calmed: int  # episodes with a lullaby that ended in calm
    calmed_in_s: float | None  # on average
    longest_quiet_s: float  # of listening without a cry
    listened_s: float
    deaf_s: float
    off_s: float
    snoozed_s: float
    sounds: tuple[SoundFigures, ...] = ()  # that were tried

    @property
    def is_known(self) -> bool:
        """Whether it was listened to for long enough to be compared with others."""
        return self.listened_s >= _LEAST_LISTENED_S

    @property
    def not_listening_s(self) -> float:
        return self.deaf_s + self.off_s + self.snoozed_s


def figures(span: Span) -> NightFigures:
    """Return the figures of a span; listening and not listening together are as long as the span."""
    cries = counted(span.episodes)
    calmed_in_s = [each.settled_in_s or 0.0 for each in cries if was_calmed(each)]
    return NightFigures(
        cries=len(cries),
        crying_s=sum(_length(each, span) for each in cries),
        calmed=len(calmed_in_s),
        calmed_in_s=sum(calmed_in_s) / len(calmed_in_s) if calmed_in_s else None,
        longest_quiet_s=_longest_quiet_s(span, cries),
        listened_s=_doing_s(span, LISTENING),
        deaf_s=_doing_s(span, ("deaf",)),
        off_s=_doing_s(span, ("off",)),
        snoozed_s=_doing_s(span, ("snoozed",)),
        sounds=sound_figures(cries),
    )


def counted(episodes: Iterable[Episode]) -> list[Episode]:
    """Return the episodes without those that the owner marked as not the baby."""
    return [each for each in episodes if each.cry is not False]


def was_calmed(episode: Episode) -> bool:
    """Return whether the episode had a lullaby and ended in calm."""
    return episode.reason == "calm" and any(sounded(each) for each in episode.lullabies)


def _length(episode: Episode, span: Span) -> float:
    begin_s, end_s = max(episode.started_utc_s, span.start_utc_s), episode.started_utc_s + episode.duration_s
    return max(0.0, min(end_s, span.end_utc_s) - begin_s)


def _doing_s(span: Span, doing: Sequence[Doing]) -> float:
    return sum(each.end_utc_s - each.start_utc_s for each in span.stretches if each.doing in doing)


def _longest_quiet_s(span: Span, cries: Sequence[Episode]) -> float:
    """Return the length of the longest quiet stretch; 0 without one."""
    return max((end_s - start_s for start_s, end_s in quiet_stretches(span, cries)), default=0.0)


def quiet_stretches(span: Span, cries: Sequence[Episode]) -> Iterator[tuple[float, float]]:
    """Yield start and end of each time without a cry and without a gap in listening of SHORTEST_GAP_S or more."""
    interruptions = [(each.started_utc_s, each.started_utc_s + each.duration_s) for each in cries]
    interruptions += [
        (each.start_utc_s, each.end_utc_s)
        for each in span.stretches
        if each.doing not in LISTENING and each.end_utc_s - each.start_utc_s >= SHORTEST_GAP_S
    ]
    at_s = span.start_utc_s
    for begin_s, end_s in sorted([*interruptions, (span.end_utc_s, span.end_utc_s)]):
        if min(begin_s, span.end_utc_s) > at_s:
            yield at_s, min(begin_s, span.end_utc_s)
        at_s = max(at_s, end_s)


def sentence(night: NightFigures, language: str, *, over: bool = True) -> str:
    """Return one sentence such as `Two cries, 14 minutes in all; ...`. Not `over`: the night goes on."""
    if night.listened_s + night.not_listening_s <= 0:
        text = say(language, "report.future")
    elif night.listened_s < _told_after_s(night) and night.cries == 0 and night.snoozed_s < SHORTEST_GAP_S:
        text = say(language, "report.not_running" if night.deaf_s < SHORTEST_GAP_S else "report.not_heard")
    else:
        parts = _parts(night, language)
        text = functools.reduce(lambda one, other: say(language, "report.both", one=one, other=other), parts)
    if not over and night.listened_s + night.not_listening_s > 0:
        text = say(language, "report.running", sentence=text)
    return text[0].upper() + text[1:] + "."


def _told_after_s(night: NightFigures) -> float:
    """Return the least listening in s of which the report says how the night was; less while it has just begun."""
    return min(SHORTEST_GAP_S, (night.listened_s + night.not_listening_s) / 2)


def short_length(seconds: float, language: str) -> str:
    """Return a short length of time: `< 1 min`, `14 min`, `5 h 40`; `0` for nothing."""
    minutes = whole_minutes(seconds)
    if minutes >= 60:
        return say(language, "length.short.hours", hours=minutes // 60, minutes=minutes % 60)
    if minutes > 0:
        return say(language, "length.short.minutes", minutes=minutes)
    return say(language, "length.short.under_minute") if seconds > 0 else "0"


def _parts(night: NightFigures, language: str) -> Iterator[str]:
    if night.cries:
        yield count(language, "report.cries", night.cries, length=length(night.crying_s, language))
    else:
        yield say(language, "report.no_cry")
    yield from sound_clauses(night.sounds, night.cries, language, length)
    if night.longest_quiet_s >= SHORTEST_GAP_S:
        yield say(language, "report.quiet", length=length(night.longest_quiet_s, language))
    gaps = {"deaf": night.deaf_s, "off": night.off_s, "snoozed": night.snoozed_s}
    long_ones = {name: seconds for name, seconds in gaps.items() if seconds >= SHORTEST_GAP_S}
    for name, seconds in long_ones.items():
        yield say(language, f"report.{name}", length=length(seconds, language))
    if long_ones:
        yield say(language, "report.perhaps_more")
