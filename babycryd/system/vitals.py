"""Vital signs of this process and this computer: CPU, memory, temperature."""

import os
import time
from pathlib import Path
from typing import Final

ZONES: Final = Path("/sys/class/thermal")


class CpuMeter:
    """Meter of the CPU time of this process, all its threads, between two calls."""

    def __init__(self) -> None:
        self._cpu_s, self._at_s = time.process_time(), time.monotonic()

    def percent(self) -> float:
        """Return the share of one core since the last call, in percent."""
        cpu_s, at_s = time.process_time(), time.monotonic()
        share = (cpu_s - self._cpu_s) / max(1e-3, at_s - self._at_s)
        self._cpu_s, self._at_s = cpu_s, at_s
        return 100 * share


def rss_mb() -> float:
    """Return the resident memory of this process, 10^6 bytes; 0 where /proc is missing."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def temperature_c(zones: Path = ZONES) -> float | None:
    """Return the temperature of the hottest thermal zone; None without zones, as on most virtual machines."""
    found = []
    for zone in sorted(zones.glob("thermal_zone*/temp")):
        try:
            found.append(int(zone.read_text("ascii")) / 1000)
        except (OSError, ValueError):
            continue
    return max(found, default=None)
