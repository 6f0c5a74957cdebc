"""PURE. The alert to the owner: its states and kinds, and the event that tells a change."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

AlertKind = Literal["crying", "needs_you", "deaf"]  # what is repeated until it is acknowledged or over
AlertState = Literal["quiet", "told", "acknowledged", "escalated"]
ALERT_STATES: Final[tuple[AlertState, ...]] = get_args(AlertState)


@dataclass(frozen=True, slots=True)
class AlertChanged:
    """The alert has changed: its state, and the alert that made it."""

    at_s: float
    state: AlertState
    kind: AlertKind | None = None  # None: quiet
    since_utc_s: float | None = None  # since when the baby cries, or nothing is heard
