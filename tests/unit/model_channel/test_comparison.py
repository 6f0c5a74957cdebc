"""Which episodes only one model found, and what follows."""

import random
from itertools import pairwise

from babycryd.core.events import CryEnded, CryStarted
from babycryd.model_channel.comparison import MOST_DIFFERENCES, SLACK_S, Comparison, Side, Tally, verdict
from babycryd.model_channel.settings import ModelChannelSettings

UTC_S = 1_790_000_000.0
SETTINGS = ModelChannelSettings(shadow_hours=10, more_alarms=2)


def told(side: Side, begin_s: float, end_s: float) -> list[tuple[float, Side, CryStarted | CryEnded]]:
    begin = CryStarted(begin_s, UTC_S + begin_s, f"{side}{begin_s}", 0.8)
    end = CryEnded(end_s, begin.episode, begin.utc_s, end_s - begin_s, 0.9, 1.0, "calm")
    return [(begin_s, side, begin), (end_s, side, end)]


def compared(*episodes: list[tuple[float, Side, CryStarted | CryEnded]], late_s: float = 0.0) -> Tally:
    """What comes out where one side's events come late, and the comparison is settled every ten seconds."""
    comparison = Comparison()
    events = [
        (at_s + (late_s if side == "candidate" else 0), side, event) for one in episodes for at_s, side, event in one
    ]
    for until_s in range(0, 1000, 5):
        for at_s, side, event in sorted(events, key=lambda each: each[0]):
            if until_s - 5 <= at_s < until_s:
                comparison.take(side, event)
        comparison.settle(float(until_s) - late_s, 5.0)
    return comparison.tally


def test_one_cry_that_both_hear_is_no_difference() -> None:
    tally = compared(told("candidate", 101, 120), told("reference", 100, 121))
    assert (tally.both, tally.only_candidate, tally.only_reference, tally.differences) == (1, 0, 0, ())
    assert tally.heard_s == 1000


def test_a_cry_that_one_model_hears_is_told_with_its_time() -> None:
    tally = compared(told("candidate", 101, 120), told("reference", 300, 310.5))
    assert (tally.both, tally.only_candidate, tally.only_reference) == (0, 1, 1)
    assert [(each.only, each.utc_s - UTC_S, each.duration_s) for each in tally.differences] == [
        ("candidate", 101, 19),
        ("reference", 300, 10.5),
    ]


def test_a_cry_that_one_model_hears_in_two_parts_is_the_same() -> None:
    both = compared(told("candidate", 100, 110), told("candidate", 130, 150), told("reference", 101, 149))
    assert (both.both, both.only_candidate, both.only_reference) == (2, 0, 0)
    near = compared(told("candidate", 100, 110), told("reference", 110 + SLACK_S - 1, 150))
    assert (near.both, near.only_candidate, near.only_reference) == (1, 0, 0)


def test_it_does_not_matter_who_tells_first() -> None:
    rng = random.Random(7)  # noqa: S311  # not a secret
    for _ in range(30):
        times = sorted(rng.uniform(0, 800) for _ in range(12))
        episodes = [told(rng.choice(("candidate", "reference")), *pair) for pair in list(pairwise(times))[::2]]
        # one side's own episodes do not overlap; those of both sides may
        prompt = compared(*episodes)
        for late_s in (1.0, 4.0, 30.0):
            late = compared(*episodes, late_s=late_s)
            assert (late.both, late.only_candidate, late.only_reference) == (
                prompt.both,
                prompt.only_candidate,
                prompt.only_reference,
            )


def test_the_newest_differences_are_kept_and_all_are_counted() -> None:
    comparison = Comparison()
    for number in range(MOST_DIFFERENCES + 10):
        for _, side, event in told("candidate", number * 60.0, number * 60.0 + 10):
            comparison.take(side, event)
        comparison.settle(number * 60.0 + 40, 60.0)
    assert comparison.tally.only_candidate == MOST_DIFFERENCES + 10
    assert len(comparison.tally.differences) == MOST_DIFFERENCES


def test_more_alarms_are_worse_at_once_and_fewer_pass_at_the_end() -> None:
    hour = 3600.0
    assert verdict(Tally(hour, 5, only_candidate=2, only_reference=0), SETTINGS) is None
    assert verdict(Tally(hour, 5, only_candidate=3, only_reference=0), SETTINGS) == "worse"
    assert verdict(Tally(hour, 5, only_candidate=3, only_reference=1), SETTINGS) is None
    assert verdict(Tally(9.9 * hour, 5, 0, 4), SETTINGS) is None
    assert verdict(Tally(10 * hour, 5, 2, 0), SETTINGS) == "passed"
    # a trial that lasts three nights may have the alarms of three nights
    assert verdict(Tally(30 * hour, 5, 6, 0), SETTINGS) == "passed"
    assert verdict(Tally(30 * hour, 5, 7, 0), SETTINGS) == "worse"
