"""PURE. Where the next segment is judged, and why: budget, breaker and caps together."""

from dataclasses import dataclass
from typing import Final

from babycryd.offload.budget import Budget, CpuReading
from babycryd.offload.settings import OffloadSettings

MOST_FAILURES: Final = 3  # in a row
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What has left the house this month."""

    n_bytes: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """CLOUD where `cloud`; `why` names the limit that was exceeded, or what speaks against the cloud, if anything."""

    cloud: bool
    why: str | None = None


class CircuitBreaker:
    """Open after MOST_FAILURES in a row; then one probe after a pause that doubles with every probe that fails."""

    def __init__(self) -> None:
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._free_from_s = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        return self._failures >= MOST_FAILURES

    def allows(self, at_s: float) -> bool:
        """Whether somebody may try now."""
        return not self.open or (at_s >= self._free_from_s and not self._probing)

    def sent(self) -> None:
        """Somebody tries."""
        self._probing = self.open

    def given_up(self) -> None:
        """Nobody will say how it went."""
        self._probing = False

    def succeeded(self) -> None:
        self._failures, self._pause_s, self._probing = 0, FIRST_PAUSE_S, False

    def failed(self, at_s: float) -> None:
        """Failures of what was sent before it opened do not make the pause longer."""
        if not self.open:
            self._failures += 1
            if self.open:
                self._free_from_s = at_s + self._pause_s
        elif self._probing:
            self._probing = False
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._free_from_s = at_s + self._pause_s


class RoutePolicy:
    """All of it."""

    def __init__(self, settings: OffloadSettings) -> None:
        self._settings = settings
        self._budget = Budget(settings)
        self.breaker = CircuitBreaker()

    def measure(self, reading: CpuReading, at_s: float) -> None:
        """How busy everything is now."""
        self._budget.update(reading, at_s)

    def decide(self, at_s: float, used: Usage) -> Decision:
        """For the segments to come, after what was `used` this month."""
        over = self._budget.exceeded_by
        if over is None or not self._settings.enabled:
            return Decision(cloud=False)
        against = self.objection(at_s, used)
        return Decision(cloud=against is None, why=against or over)

    def objection(self, at_s: float, used: Usage, n_bytes: int = 1) -> str | None:
        """What speaks against sending one more segment, of `n_bytes`; None: nothing."""
        if not self._settings.enabled:
            return "offload.enabled is false"
        if used.requests >= self._settings.monthly_requests:
            return f"this month's {self._settings.monthly_requests} requests are used up"
        if used.n_bytes + n_bytes > self._settings.monthly_mb * 1e6:
            return f"this month's {self._settings.monthly_mb:g} MB are used up"
        if not self.breaker.allows(at_s):
            return "the cloud failed too often; trying again later"
        return None
