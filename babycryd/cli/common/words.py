"""PURE. Words of the commands: counts with their noun, and local times."""

from datetime import datetime


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 clip`, `2 clips`, `3 cries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def local_time(utc_s: float) -> str:
    """Return a time of this computer's clock, such as `2026-11-24 02:13:05`."""
    return f"{datetime.fromtimestamp(utc_s).astimezone():%Y-%m-%d %H:%M:%S}"


def clock_time(utc_s: float) -> str:
    """Return a time of day of this computer's clock, such as `02:13`."""
    return f"{datetime.fromtimestamp(utc_s).astimezone():%H:%M}"
