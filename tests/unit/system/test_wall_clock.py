"""The wall clock says when it was set, and stamps on the right side of that."""

import pytest

from babycryd.system.wall_clock import WallClock

NOON_S = 1_795_000_000.0


class Clocks:
    """A wall clock and a steady one, in step until the owner sets the first."""

    def __init__(self) -> None:
        self.utc_s, self.steady_s = NOON_S, 100.0
        self.clock = WallClock(lambda: self.utc_s, lambda: self.steady_s)
        self.steps = list[float]()
        self.clock.on_set = self.steps.append

    def pass_by(self, seconds: float, *, step_s: float = 0.0) -> float:
        self.steady_s += seconds
        self.utc_s += seconds + step_s
        return self.clock.now()


def test_only_a_step_of_more_than_a_minute_is_told() -> None:
    clocks = Clocks()
    assert clocks.pass_by(3600.0) == NOON_S + 3600
    clocks.pass_by(1.0, step_s=59.0)
    clocks.pass_by(1.0, step_s=-59.0)
    assert clocks.steps == []
    clocks.pass_by(1.0, step_s=61.0)
    clocks.pass_by(1.0, step_s=-7200.0)
    clocks.pass_by(1.0)
    assert clocks.steps == pytest.approx([61.0, -7200.0])
    assert clocks.clock.set_s == pytest.approx(61.0 - 7200.0)


def test_what_waited_in_a_queue_is_stamped_by_the_clock_as_it_was() -> None:
    clocks = Clocks()
    clocks.pass_by(10.0, step_s=3600.0)
    assert clocks.clock.as_of(0.0) == pytest.approx(NOON_S + 10)
    assert clocks.clock.as_of(clocks.clock.set_s) == pytest.approx(NOON_S + 3610)


def test_the_step_is_known_before_the_new_time_is() -> None:
    clocks, seen = Clocks(), list[float]()
    clocks.clock.on_set = lambda _: seen.append(clocks.clock.set_s)
    clocks.pass_by(0.0, step_s=100.0)
    assert seen == pytest.approx([100.0])


def test_a_process_that_is_stopped_between_two_readings_reads_again() -> None:
    readings = iter([0.0, 0.0, 10.0, 500.0, 500.0, 500.0])  # stopped for 490 s after the first reading
    times = iter([NOON_S, NOON_S + 10, NOON_S + 500])
    clock = WallClock(lambda: next(times), lambda: next(readings))
    steps = list[float]()
    clock.on_set = steps.append
    assert clock.now() == NOON_S + 500
    assert steps == []
