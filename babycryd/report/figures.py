"""PURE. A span of time in figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from babycryd.core.records import LISTENING, Doing, Episode, Span

BLINK_S: Final = 120.0  # so short a time without listening is not worth a word


@dataclass(frozen=True, slots=True)
class NightFigures:
    """What the owner said was not the baby does not count."""

    cries: int
    crying_s: float  # within the span
    calmed: int  # episodes with a lullaby that ended in calm
    calmed_in_s: float | None  # on average
    longest_quiet_s: float  # of listening without a cry
    listened_s: float
    deaf_s: float
    off_s: float
    snoozed_s: float

    @property
    def not_listening_s(self) -> float:
        return self.deaf_s + self.off_s + self.snoozed_s


def figures(span: Span) -> NightFigures:
    """Of everything in it. Listening and not listening are as long as the span together."""
    cries = counted(span.episodes)
    calmed_in_s = [each.settled_in_s or 0.0 for each in cries if was_calmed(each)]
    return NightFigures(
        cries=len(cries),
        crying_s=sum(_length(each, span) for each in cries),
        calmed=len(calmed_in_s),
        calmed_in_s=sum(calmed_in_s) / len(calmed_in_s) if calmed_in_s else None,
        longest_quiet_s=_longest_quiet_s(span, cries),
        listened_s=_doing_s(span, LISTENING),
        deaf_s=_doing_s(span, ("deaf",)),
        off_s=_doing_s(span, ("off",)),
        snoozed_s=_doing_s(span, ("snoozed",)),
    )


def counted(episodes: Iterable[Episode]) -> list[Episode]:
    """Without those that were not the baby."""
    return [each for each in episodes if each.cry is not False]


def was_calmed(episode: Episode) -> bool:
    """Whether there was music, and then calm."""
    return episode.reason == "calm" and any(each.reason != "failed" for each in episode.lullabies)


def _length(episode: Episode, span: Span) -> float:
    begin_s, end_s = max(episode.started_utc_s, span.start_utc_s), episode.started_utc_s + episode.duration_s
    return max(0.0, min(end_s, span.end_utc_s) - begin_s)


def _doing_s(span: Span, doing: Sequence[Doing]) -> float:
    return sum(each.end_utc_s - each.start_utc_s for each in span.stretches if each.doing in doing)


def _longest_quiet_s(span: Span, cries: Sequence[Episode]) -> float:
    """A blink without listening does not interrupt it; a cry and anything longer does."""
    interruptions = [(each.started_utc_s, each.started_utc_s + each.duration_s) for each in cries]
    interruptions += [
        (each.start_utc_s, each.end_utc_s)
        for each in span.stretches
        if each.doing not in LISTENING and each.end_utc_s - each.start_utc_s >= BLINK_S
    ]
    longest_s, at_s = 0.0, span.start_utc_s
    for begin_s, end_s in sorted([*interruptions, (span.end_utc_s, span.end_utc_s)]):
        longest_s = max(longest_s, min(begin_s, span.end_utc_s) - at_s)
        at_s = max(at_s, end_s)
    return longest_s
