"""PURE. CPU budget: whether this computer is too busy to judge sound. Time is an argument, in seconds."""

import math
from dataclasses import dataclass
from typing import Final

from babycryd.offload.settings import OffloadSettings

SMOOTHED_OVER_S: Final = 4.0
ENOUGH: Final = 0.7  # share of each limit below which the budget is kept again
STAY_S: Final = 20.0  # least time between two changes
_MOST: Final = 3.0  # times its limit that a reading counts at most: a single odd value soon fades


@dataclass(frozen=True, slots=True)
class CpuReading:
    """Reading of how busy this process and this computer are. None: the computer does not report it."""

    own_cpu: float  # CPU seconds of this process a second
    pressure: float | None  # share of the time in which a process waits for a CPU
    load: float | None  # processes that want to run, for each core
    throttled: bool  # too hot, or too little current
    lag_s: float  # from the arrival of sound to its decision


class Budget:
    """CPU budget: exceeded above any limit, kept again below ENOUGH of all limits; changes every STAY_S at most."""

    def __init__(self, settings: OffloadSettings) -> None:
        self._settings = settings
        self._smoothed: dict[str, float] = {}  # share of each limit, by its name
        self._read_s: float | None = None
        self._changed_s = 0.0
        self.exceeded_by: str | None = None  # name of the limit; None: kept

    def update(self, reading: CpuReading, at_s: float) -> None:
        """Take a reading, and decide."""
        if self._read_s is None:  # the load of the start is not counted
            self._read_s = self._changed_s = at_s
        weight = 1 - math.exp(-max(0.0, at_s - self._read_s) / SMOOTHED_OVER_S)
        self._read_s = at_s
        for what, share in self._shares(reading).items():
            before = self._smoothed.get(what, 0.0)
            self._smoothed[what] = before + weight * (min(share, _MOST) - before)
        worst = max(self._smoothed, key=self._smoothed.__getitem__)
        if at_s - self._changed_s < STAY_S:
            return
        if self.exceeded_by is None and self._smoothed[worst] > 1:
            self.exceeded_by, self._changed_s = worst, at_s
        elif self.exceeded_by is not None and self._smoothed[worst] < ENOUGH:
            self.exceeded_by, self._changed_s = None, at_s

    def _shares(self, reading: CpuReading) -> dict[str, float]:
        """Return each reading as a share of its limit."""
        cpu = self._settings.cpu_budget
        shares = {"own CPU": reading.own_cpu / cpu, "lag": reading.lag_s / self._settings.max_lag_s}
        if reading.pressure is not None:
            shares["CPU pressure"] = reading.pressure / cpu
        elif reading.load is not None:
            # n cores are all busy at a load of 1 each; above that, processes wait
            shares["load"] = max(0.0, reading.load - 1) / cpu
        shares["throttled"] = _MOST if reading.throttled else 0.0
        return shares
