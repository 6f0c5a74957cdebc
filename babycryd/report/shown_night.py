"""Reader of nights: asks a history for a day with its night, and for the nights before it."""

from datetime import date, time, timedelta, tzinfo

from babycryd.core.records import History
from babycryd.report.day import Day
from babycryd.report.night_view import NIGHTS, ShownNight
from babycryd.report.summary import figures, night_of, noon_to_noon


def shown_night(
    history: History, hours: tuple[time, time], day: date, language: str, now_s: float, zone: tzinfo | None
) -> ShownNight:
    """Return the night before `day`. `hours`: local times of evening and morning. Blocks; raises RecordsError."""
    before = [day - timedelta(days=back) for back in range(NIGHTS - 1, 0, -1)]
    shown, end_s = day_of_history(history, hours, day, now_s, zone), night_of(day, hours, zone)[1]
    return ShownNight(
        day=day,
        span=shown.night or shown.span,
        end_utc_s=end_s,
        whole_day=shown.span,
        before=[(each, figures(history.span(*night_of(each, hours, zone), now_s))) for each in before],
        language=language,
        zone=zone,
    )


def day_of_history(history: History, hours: tuple[time, time], day: date, now_s: float, zone: tzinfo | None) -> Day:
    """Return the 24 hours until noon of `day`, with the night in them. Blocks; raises RecordsError."""
    whole = history.span(*noon_to_noon(day, zone), now_s)
    return Day(day, whole, history.span(*night_of(day, hours, zone), now_s))
