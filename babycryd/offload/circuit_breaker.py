"""PURE. Circuit breaker for the bucket and the function behind it. Time is an argument, in seconds of any one clock."""

from typing import Final

MOST_FAILURES: Final = 3  # in a row
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 1800.0


class CircuitBreaker:
    """Circuit breaker: opens after MOST_FAILURES in a row, then allows a probe after a pause, doubled each time."""

    def __init__(self) -> None:
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._free_from_s = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether the cloud counts as down."""
        return self._failures >= MOST_FAILURES

    def allows(self, at_s: float) -> bool:
        """Return whether a piece may be sent now."""
        return not self.open or (at_s >= self._free_from_s and not self._probing)

    def sent(self) -> None:
        """Record that a piece is being sent; while the breaker is open it is the probe."""
        self._probing = self.open

    def given_up(self) -> None:
        """Record that a piece was cancelled, so that its outcome stays unknown."""
        self._probing = False

    def succeeded(self) -> None:
        """Record an answer, and close the breaker."""
        self._failures, self._pause_s, self._probing = 0, FIRST_PAUSE_S, False

    def failed(self, at_s: float) -> None:
        """Record a piece without an answer. Pieces sent before the breaker opened do not lengthen the pause."""
        if not self.open:
            self._failures += 1
            if self.open:
                self._free_from_s = at_s + self._pause_s
        elif self._probing:
            self._probing = False
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._free_from_s = at_s + self._pause_s
