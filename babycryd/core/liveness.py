"""PURE. Liveness: whether a cry would be heard now. The source of `/healthz`, MQTT's `health` and `deaf`."""

from dataclasses import dataclass
from typing import Final

JUDGED_LIMIT_S: Final = 2.0  # a hop is judged every 0.24 s, and a busy Pi pauses for less
CLASSIFIED_LIMIT_S: Final = 150.0  # in quiet one window a minute is classified (`detect/scoring.py`)
NOT_YET: Final = "nothing has been judged yet"  # a start is recognised by this text (`core/home_rooms.py`)


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether a cry would be heard now, and the ages that prove it."""

    reason: str | None  # why no cry would be heard; None: it would be
    judged_ago_s: float | None  # age of the last sound that went through the pipeline; None: none yet
    classified_ago_s: float | None  # age of the last window that the classifier gave a score for

    @property
    def listening(self) -> bool:
        """Whether a cry would be heard now."""
        return self.reason is None


def liveness(
    now_s: float, *, deaf: str | None, heard_from_s: float, judged_s: float | None, classified_s: float | None
) -> Liveness:
    """Judge the liveness from stream times.

    `heard_from_s`: since when the microphone has delivered sound; `judged_s`, `classified_s`: end of the last sound
    that was judged and classified; `deaf`: why the microphone delivers no sound, or None.
    """
    judged_ago_s = None if judged_s is None else max(0.0, now_s - judged_s)
    classified_ago_s = None if classified_s is None else max(0.0, now_s - classified_s)
    reason = deaf
    if reason is None and (judged_ago_s is None or classified_ago_s is None):
        reason = NOT_YET
    elif reason is None and judged_ago_s is not None and classified_ago_s is not None:
        heard_for_s = now_s - heard_from_s  # while the microphone was away there was nothing to judge
        if min(judged_ago_s, heard_for_s) > JUDGED_LIMIT_S:
            reason = f"sound comes, but none has been judged for {judged_ago_s:.0f} s"
        elif min(classified_ago_s, heard_for_s) > CLASSIFIED_LIMIT_S:
            reason = f"the classifier has given no score for {classified_ago_s:.0f} s"
    return Liveness(reason, judged_ago_s, classified_ago_s)
