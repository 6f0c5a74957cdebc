"""Quiet hours: reading them, and whether a moment is in them."""

from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.soothe.quiet_hours import QuietHours, parse_quiet_hours


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("  ", None),
        ("22:00-06:00", QuietHours(time(22), time(6))),
        ("8:30 - 19:05", QuietHours(time(8, 30), time(19, 5))),
    ],
)
def test_reading(text: str, expected: QuietHours | None) -> None:
    assert parse_quiet_hours(text) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("22-6", "must look like '22:00-06:00'"),
        ("22:00", "must look like"),
        ("24:00-06:00", "hours are 00-23"),
        ("22:60-06:00", "minutes 00-59"),
        ("12:00-12:00", "enabled: false"),
    ],
)
def test_what_cannot_be_read(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_quiet_hours(text)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22:00-06:00", [time(22), time(23, 59), time(0), time(5, 59, 59)], [time(6), time(12), time(21, 59, 59)]),
        ("08:00-19:30", [time(8), time(19, 29)], [time(7, 59), time(19, 30), time(0)]),
        ("22:00-00:00", [time(22), time(23, 59, 59)], [time(0), time(21)]),
    ],
)
def test_moments(text: str, inside: list[time], outside: list[time]) -> None:
    hours = parse_quiet_hours(text)
    assert hours is not None
    assert all(hours.contains(moment) for moment in inside)
    assert not any(hours.contains(moment) for moment in outside)


@settings(deadline=None)  # the machine may be busy
@given(st.times(), st.times(), st.times())
def test_every_moment_is_in_the_hours_or_in_the_rest_of_the_day(start: time, end: time, moment: time) -> None:
    if start != end:
        assert QuietHours(start, end).contains(moment) != QuietHours(end, start).contains(moment)
