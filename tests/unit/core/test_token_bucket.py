"""A token bucket lets a burst through, and then no more than its rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.token_bucket import TokenBucket


def test_a_burst_is_let_through_and_no_more() -> None:
    bucket = TokenBucket(3, every_s=2.0, now_s=100.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]


def test_a_token_comes_back_after_its_time() -> None:
    bucket = TokenBucket(1, every_s=2.0)
    assert bucket.take(0.0)
    assert bucket.wait_s(0.5) == pytest.approx(1.5)
    assert not bucket.take(1.9)
    assert bucket.wait_s(2.0) == 0.0
    assert bucket.take(2.0)


def test_asking_takes_nothing() -> None:
    bucket = TokenBucket(1, every_s=2.0)
    assert [bucket.wait_s(at_s) for at_s in (0.0, 1.0, 2.0)] == [0.0, 0.0, 0.0]
    assert bucket.take(2.0)


@given(pauses_s=st.lists(st.floats(0.0, 10.0), max_size=60))
def test_in_the_long_run_the_rate_is_kept(pauses_s: list[float]) -> None:
    bucket = TokenBucket(5, every_s=0.5)
    now_s, taken = 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        taken += bucket.take(now_s)
    assert taken <= 5 + now_s / 0.5 + 1e-6
