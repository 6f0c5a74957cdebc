"""PURE. Days and nights of the owner's clock. `zone` None is the system's own, with its summer time."""

from datetime import date, datetime, time, timedelta, tzinfo

from babycryd.i18n import say, texts


def at(day: date, clock: time, zone: tzinfo | None) -> float:
    """Seconds since 1970 of a local time."""
    return datetime.combine(day, clock, zone).timestamp()


def local(utc_s: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(utc_s, zone)


def night(day: date, hours: tuple[time, time], zone: tzinfo | None) -> tuple[float, float]:
    """From the evening before `day` to its morning; within the day where the hours do not pass midnight."""
    begin, end = hours
    first = day - timedelta(days=1) if begin >= end else day
    return at(first, begin, zone), at(day, end, zone)


def noon_to_noon(day: date, zone: tzinfo | None) -> tuple[float, float]:
    """The day that ends with `day`'s noon: no night is cut in two."""
    return at(day - timedelta(days=1), time(12), zone), at(day, time(12), zone)


def day_of(utc_s: float, zone: tzinfo | None) -> date:
    """The day whose night this moment belongs to: from noon on, the next one."""
    moment = local(utc_s, zone)
    return moment.date() + timedelta(days=moment.hour >= 12)


def parse_clock(text: str) -> time:
    """`08:00`; ValueError says what is wrong."""
    hour, colon, minute = text.partition(":")
    if not colon or not hour.isdecimal() or len(minute) != 2 or not minute.isdecimal():
        raise ValueError(f"{text!r} is no time of day such as 08:00")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"{text!r} is no time of day; hours are 00-23, minutes 00-59") from None


def long_date(day: date, language: str) -> str:
    """`Tuesday, 24 November`."""
    catalogue = texts(language)
    weekday = catalogue["weekdays"].split()[day.weekday()]
    return say(language, "date", weekday=weekday, day=day.day, month=catalogue["months"].split()[day.month - 1])


def short_weekday(day: date, language: str) -> str:
    return texts(language)["weekdays.short"].split()[day.weekday()]
