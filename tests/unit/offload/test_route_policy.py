"""When a piece leaves the house: never without leave, never to and fro."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.offload.budget import STAY_S, Budget, CpuReading
from babycryd.offload.caps import Usage
from babycryd.offload.circuit_breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S, MOST_FAILURES, CircuitBreaker
from babycryd.offload.route_policy import RoutePolicy
from babycryd.offload.settings import OffloadSettings

SETTINGS = OffloadSettings(enabled=True, bucket="b", cpu_budget=0.5, max_lag_s=1.0)
CALM = CpuReading(own_cpu=0.02, pressure=0.0, load=0.1, throttled=False, lag_s=0.05)
READINGS = st.builds(
    CpuReading,
    own_cpu=st.floats(0, 4),
    pressure=st.none() | st.floats(0, 1),
    load=st.none() | st.floats(0, 50),
    throttled=st.booleans(),
    lag_s=st.floats(0, 1e5),
)


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (replace(CALM, own_cpu=0.9), "own CPU"),
        (replace(CALM, pressure=0.9), "CPU pressure"),
        (replace(CALM, pressure=None, load=3.0), "load"),
        (replace(CALM, throttled=True), "throttled"),
        (replace(CALM, lag_s=5.0), "lag"),
        (replace(CALM, load=20.0), None),  # the pressure says that no task waits
        (CALM, None),
    ],
)
def test_each_limit_is_named(reading: CpuReading, why: str | None) -> None:
    budget = Budget(SETTINGS)
    for at_s in range(60):
        budget.update(reading, float(at_s))
    assert budget.exceeded_by == why


def test_one_odd_reading_is_no_reason() -> None:
    budget = Budget(SETTINGS)
    for at_s in range(100):
        budget.update(replace(CALM, lag_s=3600.0) if at_s == 50 else CALM, float(at_s))
        assert budget.exceeded_by is None


def test_a_busy_start_is_no_reason() -> None:
    budget = Budget(SETTINGS)
    for at_s in range(100):
        budget.update(replace(CALM, own_cpu=1.0, pressure=1.0) if at_s < 4 else CALM, float(at_s))
        assert budget.exceeded_by is None


def test_it_comes_back_when_there_is_time_again() -> None:
    budget = Budget(SETTINGS)
    heard = []
    for at_s in range(120):
        budget.update(replace(CALM, pressure=0.8) if 20 <= at_s < 60 else CALM, float(at_s))
        heard.append(budget.exceeded_by is not None)
    assert 20 < heard.index(True) < 30
    assert not heard[-1]
    assert 60 <= len(heard) - heard[::-1].index(True) < 75


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 30), READINGS), max_size=60))
def test_it_never_flaps(steps: list[tuple[float, CpuReading]]) -> None:
    budget, at_s, changes = Budget(SETTINGS), 0.0, []
    before = budget.exceeded_by is None
    for wait_s, reading in steps:
        at_s += wait_s
        budget.update(reading, at_s)
        if (budget.exceeded_by is None) != before:
            before = not before
            changes.append(at_s)
    assert all(later - earlier >= STAY_S for earlier, later in pairwise(changes))


@settings(max_examples=300, deadline=None)
@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(0.1, 30), READINGS, st.sampled_from(["", "sent", "failed", "ok"])), max_size=60),
    st.integers(0, 10**9),
    st.integers(0, 40_000),
)
def test_nothing_leaves_without_leave(
    enabled: bool,  # noqa: FBT001  # drawn
    steps: list[tuple[float, CpuReading, str]],
    n_bytes: int,
    requests: int,
) -> None:
    chosen = replace(SETTINGS, enabled=enabled)
    policy, used, at_s, failures = RoutePolicy(chosen), Usage(n_bytes, requests), 0.0, 0
    opened_s = None
    for wait_s, reading, then in steps:
        at_s += wait_s
        policy.measure(reading, at_s)
        decision = policy.decide(at_s, used)
        if decision.cloud:
            assert enabled
            assert requests < chosen.monthly_requests
            assert n_bytes < chosen.monthly_mb * 1e6
            assert opened_s is None or at_s >= opened_s + FIRST_PAUSE_S
            assert decision.why
        if then == "failed":
            policy.breaker.sent()
            policy.breaker.failed(at_s)
            failures += 1
            if failures == MOST_FAILURES:
                opened_s = at_s
        elif then == "ok":
            policy.breaker.succeeded()
            failures, opened_s = 0, None


def test_the_breaker_probes_ever_less_often() -> None:
    breaker, at_s, waits_s = CircuitBreaker(), 0.0, []
    for _ in range(MOST_FAILURES):
        breaker.sent()
        breaker.failed(at_s)
    for _ in range(9):
        failed_s = at_s
        while not breaker.allows(at_s):
            at_s += 1
        breaker.sent()
        assert not breaker.allows(at_s)  # one probe at a time
        breaker.failed(at_s)
        waits_s.append(at_s - failed_s)
    assert waits_s == [30, 60, 120, 240, 480, 960, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    while not breaker.allows(at_s):
        at_s += 1
    breaker.sent()
    breaker.succeeded()
    assert breaker.allows(at_s)
    assert not breaker.open


READERS: dict[str, Callable[[float], CpuReading]] = {  # a share of the limit, read
    "own CPU": lambda share: replace(CALM, own_cpu=share * SETTINGS.cpu_budget),
    "CPU pressure": lambda share: replace(CALM, pressure=share * SETTINGS.cpu_budget),
    "lag": lambda share: replace(CALM, lag_s=share * SETTINGS.max_lag_s),
}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0.72, 0.98), min_size=1, max_size=200), st.sampled_from(sorted(READERS)), st.booleans())
def test_between_the_limits_nothing_changes(
    shares: list[float],
    what: str,
    exceeded: bool,  # noqa: FBT001  # drawn
) -> None:
    """For any readings there and any state before."""
    budget, read = Budget(SETTINGS), READERS[what]
    for at_s in range(60):
        budget.update(read(1.5) if exceeded else CALM, float(at_s))
    for at_s, share in enumerate(shares, 60):
        assert budget.exceeded_by == (what if exceeded else None)
        budget.update(read(share), float(at_s))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 120), st.sampled_from(["ok", "failed", "silent"])), max_size=80))
def test_an_open_breaker_lets_one_probe_through_after_its_pause(steps: list[tuple[float, str]]) -> None:
    """Against a plain account of what it must do; `silent`: an answer comes with a later step."""
    breaker, at_s, failures, pause_s, free_s, probing = CircuitBreaker(), 0.0, 0, FIRST_PAUSE_S, 0.0, False
    for wait_s, outcome in steps:
        at_s += wait_s
        is_open = failures >= MOST_FAILURES
        assert breaker.open == is_open
        assert breaker.allows(at_s) == (not is_open or (at_s >= free_s and not probing))
        if breaker.allows(at_s):
            breaker.sent()
            probing = is_open
        elif not probing:
            continue
        if outcome == "silent":
            continue
        if outcome == "ok":
            breaker.succeeded()
            failures, pause_s, probing = 0, FIRST_PAUSE_S, False
        else:
            breaker.failed(at_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S) if is_open else pause_s
            failures, probing = failures + (not is_open), False
            free_s = at_s + pause_s
