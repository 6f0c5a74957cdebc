"""Wall clock of one run, which notices that it was set."""

import time
from collections.abc import Callable
from typing import Final

LEAST_STEP_S: Final = 60.0  # a smaller step moves nothing
_LONGEST_READING_S: Final = 0.5  # both clocks are read within this time, else again
_READINGS: Final = 3


def steady_s() -> float:
    """Return seconds since the boot, by a clock that cannot be set and goes on while the computer sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _ignore(step_s: float) -> None:
    """Take a step of the clock and do nothing."""


class WallClock:
    """Wall clock that notices a step by its distance to a steady clock.

    All that stamps the events of the bus reads it. `on_set` is called with the step, in seconds, before `now` first
    returns a time of the clock as it was set. So an event is stamped by the old clock exactly if it was published
    before `ClockSet`. For the loop's thread only.
    """

    def __init__(self, utc: Callable[[], float] = time.time, steady: Callable[[], float] = steady_s) -> None:
        self._utc = utc
        self._steady = steady
        _, self._distance_s = self._read()
        self.set_s = 0.0  # sum of all steps
        self.on_set: Callable[[float], None] = _ignore

    def now(self) -> float:
        """Return the time, seconds since 1970 UTC."""
        utc_s, distance_s = self._read()
        step_s, self._distance_s = distance_s - self._distance_s, distance_s
        if abs(step_s) > LEAST_STEP_S:
            self.set_s += step_s
            self.on_set(step_s)
        return utc_s

    def as_of(self, set_s: float) -> float:
        """Return the time by the clock as it was when its steps added up to `set_s`.

        A subscriber of the bus stamps with it what it has taken: its queue may still hold the `ClockSet`.
        """
        now_utc_s = self.now()
        return now_utc_s - (self.set_s - set_s)

    def _read(self) -> tuple[float, float]:
        """Return the time and its distance to the steady clock; a process may be stopped between two readings."""
        for _ in range(_READINGS):
            before_s, utc_s, after_s = self._steady(), self._utc(), self._steady()
            if after_s - before_s <= _LONGEST_READING_S:
                break
        return utc_s, utc_s - after_s
