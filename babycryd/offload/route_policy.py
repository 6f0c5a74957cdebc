"""PURE. Route policy: where the next piece is judged, by budget, circuit breaker and caps together."""

from dataclasses import dataclass

from babycryd.offload.budget import Budget, CpuReading
from babycryd.offload.caps import Usage, cap_reached
from babycryd.offload.circuit_breaker import CircuitBreaker
from babycryd.offload.settings import OffloadSettings


@dataclass(frozen=True, slots=True)
class Decision:
    """Route of the next pieces. `why`: the exceeded limit, or the objection to the cloud; None: neither."""

    cloud: bool
    why: str | None = None


class RoutePolicy:
    """Route policy: the cloud while the budget is exceeded, unless the breaker or a cap objects."""

    def __init__(self, settings: OffloadSettings) -> None:
        self._settings = settings
        self._budget = Budget(settings)
        self.breaker = CircuitBreaker()

    def measure(self, reading: CpuReading, at_s: float) -> None:
        """Take a reading of how busy this computer is."""
        self._budget.update(reading, at_s)

    def decide(self, at_s: float, used: Usage) -> Decision:
        """Return the route of the coming pieces, after what was `used` this month."""
        over = self._budget.exceeded_by
        if over is None or not self._settings.enabled:
            return Decision(cloud=False)
        against = self.objection(at_s, used)
        return Decision(cloud=against is None, why=against or over)

    def objection(self, at_s: float, used: Usage, n_bytes: int = 1) -> str | None:
        """Return the objection to sending one more piece, of `n_bytes`; None where there is none."""
        if not self._settings.enabled:
            return "offload.enabled is false"
        if reached := cap_reached(self._settings, used, n_bytes):
            return reached
        if not self.breaker.allows(at_s):
            return "the cloud failed too often; trying again later"
        return None
