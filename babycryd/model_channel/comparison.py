"""PURE. Comparison of two models that hear the same sound: which episodes only one of them found, and what follows.

The *candidate* is the new model and the *reference* the one before it: on trial the reference decides, on probation the
candidate. Two episodes are the same where they overlap or lie within SLACK_S of each other.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from babycryd.core.events import CryEnded, CryStarted
from babycryd.model_channel.settings import ModelChannelSettings

Side = Literal["candidate", "reference"]
Verdict = Literal["worse", "passed"]

SLACK_S: Final = 10.0  # as long as an episode's end is awaited: one model may hear two where the other hears one
MOST_DIFFERENCES: Final = 50  # the newest are kept; all are counted
HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Episode that only one of both models found."""

    only: Side
    utc_s: float  # its beginning
    duration_s: float
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a comparison so far."""

    heard_s: float = 0.0  # sound that both models have heard
    both: int = 0
    only_candidate: int = 0
    only_reference: int = 0
    lost_hops: int = 0  # that the computer was too busy to let the shadow hear
    differences: tuple[Difference, ...] = ()  # newest last


@dataclass(slots=True, eq=False)
class _Heard:
    """Episode of one side until it is settled."""

    utc_s: float
    started_s: float  # stream time
    confidence: float
    ended_s: float | None = None  # stream time; None: it runs
    matched: bool = False

    def meets(self, other: "_Heard", until_s: float) -> bool:
        """Return whether both are one cry, as far as both sides have told by `until_s`."""
        ours_ends_s = until_s if self.ended_s is None else self.ended_s
        theirs_ends_s = until_s if other.ended_s is None else other.ended_s
        return self.started_s <= theirs_ends_s + SLACK_S and other.started_s <= ours_ends_s + SLACK_S


@dataclass(slots=True)
class Comparison:
    """Comparison of both sides' episodes; the order in which the sides tell theirs does not matter."""

    tally: Tally = field(default_factory=Tally)
    _open: dict[Side, list[_Heard]] = field(default_factory=lambda: {"candidate": [], "reference": []})

    def take(self, side: Side, event: CryStarted | CryEnded) -> None:
        """Take the begin or the end of an episode of one side."""
        if isinstance(event, CryStarted):
            self._open[side].append(_Heard(event.utc_s, event.at_s, event.confidence))
            return
        for each in self._open[side]:
            if each.ended_s is None:
                each.ended_s, each.confidence = event.at_s, event.confidence

    def settle(self, until_s: float, heard_s: float, lost_hops: int = 0) -> list[Difference]:
        """Count what both sides have told up to this stream time, and return the new differences.

        `heard_s`, `lost_hops`: how much more sound the shadow has heard and missed.
        """
        for ours in self._open["candidate"]:
            for theirs in self._open["reference"]:
                if ours.meets(theirs, until_s):
                    ours.matched = theirs.matched = True
        candidate, reference = self._over("candidate", until_s), self._over("reference", until_s)
        only_ours = [_difference("candidate", each) for each in candidate if not each.matched]
        only_theirs = [_difference("reference", each) for each in reference if not each.matched]
        new, before = [*only_ours, *only_theirs], self.tally
        self.tally = Tally(
            before.heard_s + heard_s,
            before.both + len(candidate) - len(only_ours),
            before.only_candidate + len(only_ours),
            before.only_reference + len(only_theirs),
            before.lost_hops + lost_hops,
            (*before.differences, *new)[-MOST_DIFFERENCES:],
        )
        return new

    def _over(self, side: Side, until_s: float) -> list[_Heard]:
        """Return, and forget, the episodes of one side that are over."""
        over = [each for each in self._open[side] if each.ended_s is not None and each.ended_s + SLACK_S < until_s]
        self._open[side] = [each for each in self._open[side] if each not in over]
        return over


def _difference(only: Side, heard: _Heard) -> Difference:
    duration_s = (heard.started_s if heard.ended_s is None else heard.ended_s) - heard.started_s
    return Difference(only, heard.utc_s, round(duration_s, 2), heard.confidence)


def verdict(tally: Tally, settings: ModelChannelSettings) -> Verdict | None:
    """Return "worse" as soon as the candidate raises too many alarms more, "passed" at the end; None: not yet."""
    wanted_s = settings.shadow_hours * HOUR_S
    allowed = settings.more_alarms * max(1.0, tally.heard_s / wanted_s)
    if tally.only_candidate - tally.only_reference > allowed:
        return "worse"
    return "passed" if tally.heard_s >= wanted_s else None
