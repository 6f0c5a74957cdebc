"""PURE. A notice: one message to one recipient, before it is put into words."""

from dataclasses import dataclass
from typing import Literal

from babycryd.core.alert import AlertKind

NoticeKind = AlertKind | Literal["disk", "evening", "week", "test"]
Step = Literal["first", "again", "over"]  # of an alert


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient. Its id stays the same at every try; services use it against duplicates."""

    id: str  # at most 64 of A-Z, a-z, 0-9, _ and -
    alert: str  # id of the alert that it belongs to
    to: str  # name of the recipient
    kind: NoticeKind
    step: Step
    began_utc_s: float  # when the baby began to cry, or nothing was heard any more
    raised_utc_s: float  # when this notice was made
    reason: str = ""  # why nothing is heard, what is wrong with the disk, or the digest of the week


def notice_id(alert: str, step: Step, number: int, to: str) -> str:
    """Return the id of a notice: `crying-20261122T021305250Z-again-2-phone`."""
    return f"{alert}-{step}-{number}-{to}"
