"""PURE. Quiet stretches of a span: listening without a cry, the one definition for figures, words and exports."""

from collections.abc import Iterator, Sequence
from typing import Final

from babycryd.core.records import LISTENING, Episode, Span

SHORTEST_GAP_S: Final = 120.0  # a shorter gap in listening ends no quiet stretch, and is not reported


def quiet_stretches(span: Span, cries: Sequence[Episode]) -> Iterator[tuple[float, float]]:
    """Yield start and end of each time without a cry and without a gap in listening of SHORTEST_GAP_S or more."""
    interruptions = [(each.started_utc_s, each.started_utc_s + each.duration_s) for each in cries]
    interruptions += [
        (each.start_utc_s, each.end_utc_s)
        for each in span.stretches
        if each.doing not in LISTENING and each.end_utc_s - each.start_utc_s >= SHORTEST_GAP_S
    ]
    at_s = span.start_utc_s
    for begin_s, end_s in sorted([*interruptions, (span.end_utc_s, span.end_utc_s)]):
        if min(begin_s, span.end_utc_s) > at_s:
            yield at_s, min(begin_s, span.end_utc_s)
        at_s = max(at_s, end_s)
