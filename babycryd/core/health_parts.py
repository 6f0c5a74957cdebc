"""PURE. Parts of the daemon's health that other rooms measure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloudMonth:
    """Usage of the cloud in this calendar month, UTC."""

    name: str  # 2026-11
    segments: int
    answered: int
    mb: float
    cost_usd: float  # estimated


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """Health of a microphone in the network, since the start of the daemon."""

    drift_ppm: float | None  # its clock against ours; above 0: fast; None: not known within ten minutes of an opening
    lost_s: float  # sound that never came while it was open
    gaps: int  # times that packets were missing
    reopened: int
