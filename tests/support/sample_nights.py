"""Nights that never were, to draw and to sum up."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babycryd.core.records import Doing, Episode, Lullaby, Span, Stretch, filled
from babycryd.report.summary import night_of, noon_to_noon

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 24)
HOURS = (time(18), time(8))
MINUTE_S = 60.0


def clock(text: str, day: date = DAY) -> float:
    """A time of the night before `day`, or of its morning."""
    hour, minute = map(int, text.split(":"))
    return datetime.combine(day - timedelta(days=hour >= 12), time(hour, minute), BERLIN).timestamp()


def cry(start: str, minutes: float, *, music: bool = True, day: date = DAY, said: bool | None = None) -> Episode:
    begin_s = clock(start, day)
    lullaby = Lullaby("brahms-lullaby", begin_s + 1, begin_s + minutes * MINUTE_S + 60, "calm")
    return Episode(
        id=f"{day:%Y%m%d}T{start.replace(':', '')}00000Z",
        started_utc_s=begin_s,
        duration_s=minutes * MINUTE_S,
        confidence=0.93,
        ended_utc_s=begin_s + minutes * MINUTE_S,
        reason="calm",
        settled_in_s=max(0.0, minutes * MINUTE_S - 10),
        peak_level_dbfs=-18.5,
        mean_level_dbfs=-27.1,
        windows=int(minutes * 240),
        positive_windows=int(minutes * 200),
        scores=tuple([0.2, 0.9, 0.99, 0.95] * 15),
        model_sha256="ab" * 32,
        lullabies=(lullaby,) if music else (),
        cry=said,
    )


def span_of(
    episodes: Sequence[Episode],
    gaps: Sequence[tuple[str, str, Doing]] = (),
    *,
    day: date = DAY,
    whole_day: bool = False,
    listened: bool = True,
) -> Span:
    """It listened but for the gaps."""
    start_s, end_s = noon_to_noon(day, BERLIN) if whole_day else night_of(day, HOURS, BERLIN)
    stretches = [Stretch(start_s, end_s, "listening")] if listened else []
    for begin, end, doing in gaps:
        begin_s, until_s = clock(begin, day), clock(end, day)
        cut: list[Stretch] = []
        for each in stretches:
            parts = [(each.start_utc_s, min(each.end_utc_s, begin_s)), (max(each.start_utc_s, until_s), each.end_utc_s)]
            cut += [Stretch(first, last, each.doing) for first, last in parts if last > first]
        if doing != "off":
            cut.append(Stretch(begin_s, until_s, doing, "the microphone was unplugged" if doing == "deaf" else None))
        stretches = sorted(cut, key=lambda each: each.start_utc_s)
    lullabies = tuple(each for episode in episodes for each in episode.lullabies)
    return Span(start_s, end_s, tuple(episodes), lullabies, tuple(filled(stretches, start_s, end_s, end_s)))


def hard_night(day: date = DAY, *, whole_day: bool = False) -> Span:
    return span_of(
        [
            cry("19:40", 6, day=day),
            cry("21:12", 14, day=day),
            cry("23:55", 0.4, music=False, day=day),
            cry("01:30", 22, day=day),
            cry("02:05", 3, day=day, said=False),
            cry("03:50", 9, day=day),
            cry("05:20", 31, day=day),
            cry("06:45", 2, day=day),
        ],
        [("22:00", "22:30", "snoozed")],
        day=day,
        whole_day=whole_day,
    )


def easy_night(day: date = DAY, *, whole_day: bool = False) -> Span:
    return span_of([cry("20:10", 4, day=day), cry("03:02", 10, day=day)], day=day, whole_day=whole_day)


def empty_night(day: date = DAY, *, whole_day: bool = False) -> Span:
    return span_of([], day=day, whole_day=whole_day)


def deaf_night(day: date = DAY, *, whole_day: bool = False) -> Span:
    gaps: list[tuple[str, str, Doing]] = [
        ("20:30", "22:00", "deaf"),
        ("01:00", "04:10", "off"),
        ("05:00", "05:30", "snoozed"),
    ]
    return span_of([cry("23:10", 5, day=day)], gaps, day=day, whole_day=whole_day)


def unheard_night(day: date = DAY, *, whole_day: bool = False) -> Span:
    return span_of([], day=day, whole_day=whole_day, listened=False)


NIGHTS = (hard_night, easy_night, empty_night, deaf_night, unheard_night)
