"""Readings of how busy this process and this computer are, from /proc and /sys."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babycryd.offload.budget import CpuReading
from babycryd.system.vitals import ZONES, temperature_c

_PRESSURE: Final = Path("/proc/pressure/cpu")  # Linux 4.20 and newer, where the kernel was built with it
_THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")  # of a Raspberry Pi: vcgencmd's word
_NOW_BITS: Final = 0xF  # too little current, frequency capped, throttled, soft temperature limit: at this moment
_TOO_HOT_C: Final = 82.0  # a Raspberry Pi slows down between 80 and 85 °C


class CpuReadings:
    """Readings from kernel and firmware; each `take`, about once a second, covers the time since the one before."""

    def __init__(
        self,
        lag_s: Callable[[], float],
        pressure: Path = _PRESSURE,
        throttled: Path = _THROTTLED,
        zones: Path = ZONES,
    ) -> None:
        """`lag_s`: the longest lag of a decision since the last call; the others: files of kernel and firmware."""
        self._lag_s = lag_s
        self._pressure = pressure
        self._throttled = throttled
        self._zones = zones
        self._cpu_s, self._at_s = time.process_time(), time.monotonic()
        self._stalled_s = self._stalled()

    def take(self) -> CpuReading:
        """Return the reading of the time since the last call."""
        cpu_s, at_s, stalled_s = time.process_time(), time.monotonic(), self._stalled()
        lasted_s = max(1e-3, at_s - self._at_s)
        own_cpu = (cpu_s - self._cpu_s) / lasted_s
        pressure = None
        if stalled_s is not None and self._stalled_s is not None:
            pressure = min(1.0, max(0.0, (stalled_s - self._stalled_s) / lasted_s))
        self._cpu_s, self._at_s, self._stalled_s = cpu_s, at_s, stalled_s
        return CpuReading(own_cpu, pressure, _load(), self._is_throttled(), self._lag_s())

    def _stalled(self) -> float | None:
        """Return the seconds since boot in which a process waited for a CPU; None where the kernel has no such file."""
        try:
            found = re.search(r"^some .*total=(\d+)", self._pressure.read_text("ascii"))
        except (OSError, UnicodeDecodeError):
            return None
        return int(found[1]) / 1e6 if found else None

    def _is_throttled(self) -> bool:
        try:
            return bool(int(self._throttled.read_text("ascii"), 16) & _NOW_BITS)
        except (OSError, ValueError):
            return (temperature_c(self._zones) or 0.0) >= _TOO_HOT_C


def _load() -> float | None:
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return None
