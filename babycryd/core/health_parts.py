"""PURE. Parts of the daemon's health that other rooms measure."""

from dataclasses import dataclass
from typing import Literal

ModelState = Literal["steady", "trial", "passed", "probation", "rolled_back"]


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


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """Health of the model channel: which model decides, and how a new one does beside it."""

    state: ModelState
    decides: str | None  # checksum of the model; None: the shipped one
    candidate: str | None = None  # the new model that is tried; None: none is
    heard_s: float = 0.0  # sound that both models have heard, of `wanted_s`
    wanted_s: float = 0.0
    only_candidate: int = 0  # cries that only the new model heard
    only_reference: int = 0  # cries that only the old model heard
    why: str | None = None  # why babycryd dropped a model by itself, where `state` is "rolled_back"
