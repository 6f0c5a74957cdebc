"""PURE. Words of the commands: local times."""

from datetime import datetime


def local_time(utc_s: float) -> str:
    """Return a time of this computer's clock, such as `2026-11-24 02:13:05`."""
    return f"{datetime.fromtimestamp(utc_s).astimezone():%Y-%m-%d %H:%M:%S}"


def clock_time(utc_s: float) -> str:
    """Return a time of day of this computer's clock, such as `02:13`."""
    return f"{datetime.fromtimestamp(utc_s).astimezone():%H:%M}"
