"""PURE. The events of stirring: the baby fusses, and no episode of crying runs.

`at_s` is stream time, as in `babycryd.core.events`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StirringStarted:
    """The baby is likely to fuss, and no episode of crying runs."""

    at_s: float


@dataclass(frozen=True, slots=True)
class StirringEnded:
    """The baby no longer fusses, or an episode of crying begins, or it cannot be heard any more."""

    at_s: float
    duration_s: float


StirringEvent = StirringStarted | StirringEnded
