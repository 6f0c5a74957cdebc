"""How this process and this computer are."""

import os
import time
from pathlib import Path

_ZONES = Path("/sys/class/thermal")


class CpuMeter:
    """CPU seconds of this process, all its threads, between two looks."""

    def __init__(self) -> None:
        self._cpu_s, self._at_s = time.process_time(), time.monotonic()

    def percent(self) -> float:
        """Of one core since the last call."""
        cpu_s, at_s = time.process_time(), time.monotonic()
        share = (cpu_s - self._cpu_s) / max(1e-3, at_s - self._at_s)
        self._cpu_s, self._at_s = cpu_s, at_s
        return 100 * share


def rss_mb() -> float:
    """Memory that this process occupies now, 10^6 bytes; 0 where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def temperature_c() -> float | None:
    """Temperature of the hottest thermal zone; None where there is none, as in most virtual machines."""
    found = []
    for zone in _ZONES.glob("thermal_zone*/temp"):
        try:
            found.append(int(zone.read_text("ascii")) / 1000)
        except (OSError, ValueError):
            continue
    return max(found, default=None)
