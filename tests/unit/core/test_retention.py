"""What is too old, and that never everything is."""

from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.retention import DAY_S, too_old_until

NOW_S = 1_795_000_000.0


def test_what_is_older_than_the_limit_is_too_old() -> None:
    times = [NOW_S - days * DAY_S for days in (20, 11, 9, 5, 1)]
    assert too_old_until(times, 10, NOW_S) == NOW_S - 10 * DAY_S
    assert too_old_until([], 10, NOW_S) == NOW_S - 10 * DAY_S


def test_an_only_record_can_be_too_old() -> None:
    assert too_old_until([NOW_S - 11 * DAY_S], 10, NOW_S) == NOW_S - 11 * DAY_S


@given(st.lists(st.floats(0, NOW_S), min_size=2, unique=True), st.floats(0, 10 * NOW_S))
def test_one_pass_never_takes_more_than_the_older_half(times: list[float], now_s: float) -> None:
    times.sort()
    until_s = too_old_until(times, 10, now_s)
    assert sum(at <= until_s for at in times) <= (len(times) + 1) // 2
