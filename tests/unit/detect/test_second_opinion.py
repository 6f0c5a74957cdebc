"""Second opinion: when the network is asked, what its answer does, and what it may cost."""

import math
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_FRAMES, HOP_S
from babycryd.core.events import CryStarted, WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.second_features import MELS
from babycryd.detect.second_opinion import (
    BUDGET_S,
    BUDGET_SHARE,
    RESTS_AFTER_HOPS,
    SHORT_HOPS,
    SUSPECTED,
    WINDOW_HOPS,
    Budget,
    Opinion,
    SecondOpinion,
    Sum,
)
from babycryd.detect.settings import DetectionSettings

T = TypeVar("T")
SCORES = st.floats(0.0, 1.0)
LOGITS = st.floats(-30.0, 30.0)


class Network:
    """Network that always says the same and remembers what it heard."""

    def __init__(self, logit: float = 2.0) -> None:
        self.says = logit
        self.heard: list[NDArray[np.float32]] = []
        self.rests = 0

    def hear(self, mel: NDArray[np.float32]) -> Opinion:
        self.heard.append(mel)
        return Opinion(self.says, np.full(EMBEDDING, len(self.heard), np.float32))

    def rest(self) -> None:
        self.rests += 1


class Clock:
    """CPU clock that goes on by `cost_s` at each look."""

    def __init__(self, cost_s: float) -> None:
        self.now_s, self.cost_s = 0.0, cost_s

    def __call__(self) -> float:
        self.now_s += self.cost_s
        return self.now_s


def hop(number: int, level: float = 0.1, *, after_gap: bool = False) -> Hop:
    samples = (level * np.random.default_rng(number).uniform(-1, 1, HOP)).astype(np.float32)
    return Hop(samples, number * HOP_S, 0.0, after_gap)


def opinion(network: Network, clock: Clock | None = None) -> SecondOpinion:
    return SecondOpinion(network, Sum(1.0, 0.0), clock)


def heard(second: SecondOpinion, *scores: float | None, first: int = 0) -> list[float | None]:
    """What the second opinion says of hops with these scores, each judged at once."""
    told = []
    for number, score in enumerate(scores, start=first):
        second.remember(hop(number))
        told.append(second.judge(score, number * HOP_S))
    return told


def logit(score: float) -> float:
    return math.log(score / (1 - score))


@given(scores=st.lists(st.one_of(st.none(), st.floats(0.0, SUSPECTED, exclude_max=True)), max_size=8))
def test_what_nothing_suspects_is_not_heard_again(scores: list[float | None]) -> None:
    network = Network()
    told = heard(opinion(network), *scores)
    assert all(one is not None and one < SUSPECTED for one in told)
    assert network.heard == []


def test_one_of_the_last_two_hops_must_be_suspected() -> None:
    network = Network()
    told = heard(opinion(network), 0.05, 0.5, 0.05, 0.05, None, 0.3, 0.9)
    assert [one is not None and one >= SUSPECTED for one in told] == [False, True, True, False, False, True, True]
    assert len(network.heard) == 4
    assert told[1:3] == pytest.approx([Sum(1.0, 0.0).score(0.5, 2.0)] * 2)
    assert told[6] == pytest.approx(Sum(1.0, 0.0).score(0.9, 2.0))


@given(scores=st.lists(st.one_of(st.none(), SCORES), min_size=1, max_size=8))
def test_it_hears_a_suspected_hop_at_once(scores: list[float | None]) -> None:
    network = Network()
    heard(opinion(network), *scores, SUSPECTED)
    assert len(network.heard) > sum(score is not None and score >= SUSPECTED for score in scores)


def test_the_network_rests_once_after_long_quiet_and_hears_the_next_cry() -> None:
    network = Network()
    second = opinion(network)
    heard(second, 0.9)
    heard(second, *[None] * (RESTS_AFTER_HOPS - 1), first=1)
    assert network.rests == 0
    heard(second, *[None] * RESTS_AFTER_HOPS, first=RESTS_AFTER_HOPS)
    assert network.rests == 1
    before = len(network.heard)
    heard(second, 0.9, first=2 * RESTS_AFTER_HOPS)
    assert len(network.heard) == before + 1


def test_a_score_that_is_no_number_suspects_nothing() -> None:
    assert heard(opinion(Network()), math.nan, math.nan, math.inf) == [0.0, 0.0, 0.0]


@given(first=st.floats(SUSPECTED, 1.0), says=LOGITS)
def test_the_score_is_always_a_probability(first: float, says: float) -> None:
    told = heard(opinion(Network(says)), first, first)[-1]
    assert told is not None
    assert 0.0 <= told <= 1.0


@pytest.mark.parametrize("says", [math.nan, math.inf, -math.inf])
def test_an_answer_that_is_no_number_leaves_the_classifier_alone(says: float) -> None:
    assert heard(opinion(Network(says)), 0.9, 0.9)[-1] is None


@given(first=SCORES, other=SCORES, says=LOGITS, more=LOGITS)
def test_each_of_them_counts_and_none_has_a_veto(first: float, other: float, says: float, more: float) -> None:
    combined = Sum(0.7, -0.3)
    assert combined.score(min(first, other), says) <= combined.score(max(first, other), says)
    assert combined.score(first, min(says, more)) <= combined.score(first, max(says, more))


def test_the_logits_are_added_and_calibrated() -> None:
    assert logit(Sum(0.5, 1.0).score(0.8, 2.0)) == pytest.approx(0.5 * (math.log(4) + 2.0) + 1.0)


def test_the_network_hears_a_window_that_ends_now() -> None:
    network = Network()
    heard(opinion(network), *[None] * WINDOW_HOPS, 0.9)
    (mel,) = network.heard
    assert mel.shape == (MELS, WINDOW_HOPS * HOP_FRAMES)
    assert np.all(mel[50] > mel[50].max() - 3)  # noise throughout: no silence before it


def test_until_there_is_a_whole_window_it_hears_a_short_one_with_silence_before_the_first_hop() -> None:
    network = Network()
    heard(opinion(network), None, None, None, None, 0.9, *[None] * (WINDOW_HOPS - 7), 0.9, 0.9)
    lengths = [mel.shape[1] // HOP_FRAMES for mel in network.heard]
    assert lengths == [SHORT_HOPS, SHORT_HOPS, SHORT_HOPS, WINDOW_HOPS]  # a suspicion lasts for two hops
    mel = network.heard[0]
    silence = mel[0, 0]
    assert np.all(mel[:, : 3 * HOP_FRAMES] == silence)
    assert np.all(mel[50, 3 * HOP_FRAMES :] > silence)


def test_hop_after_hop_it_hears_the_same_as_at_once() -> None:
    often, once = Network(), Network()
    heard(opinion(often), *[0.9] * 30)
    heard(opinion(once), *[None] * 28, 0.9, 0.9)
    np.testing.assert_array_equal(often.heard[-1], once.heard[-1])


def test_a_gap_forgets_what_was_before_it() -> None:
    network = Network()
    second = opinion(network)
    heard(second, *[0.9] * 20)
    second.remember(hop(21, after_gap=True))
    assert second.judge(0.0, 21 * HOP_S) == 0.0  # the suspected hops before it were another sound
    assert heard(second, 0.9, first=22)[-1] is not None
    assert np.all(network.heard[-1][:, : -2 * HOP_FRAMES] == network.heard[-1][0, 0])


def test_the_classifier_alone_decides_about_a_hop_that_was_scored_late() -> None:
    network = Network()
    second = opinion(network)
    for number in range(5):
        second.remember(hop(number))
    assert [second.judge(0.9, number * HOP_S) is None for number in range(5)] == [True] * 4 + [False]


def test_loudness_does_not_matter() -> None:
    quiet, loud = Network(), Network()
    for network, level in ((quiet, 0.001), (loud, 0.5)):
        second = opinion(network)
        for number in range(WINDOW_HOPS):
            second.remember(hop(number, level))
            second.judge(0.9, number * HOP_S)
    np.testing.assert_allclose(quiet.heard[-1], loud.heard[-1], atol=1e-3)


@given(costs_s=st.lists(st.floats(0.0, 2.0), max_size=80), step_s=st.floats(HOP_S, 3.0))
def test_the_budget_holds_in_any_minute(costs_s: list[float], step_s: float) -> None:
    budget, spent = Budget(), list[tuple[float, float]]()
    for number, cost_s in enumerate(costs_s):
        at_s = number * step_s
        if budget.allows(at_s):
            budget.spend(at_s, cost_s)
            spent.append((at_s, cost_s))
    for begin_s, _ in spent:
        minute = [cost_s for at_s, cost_s in spent if begin_s <= at_s < begin_s + BUDGET_S]
        assert sum(minute[:-1]) <= BUDGET_SHARE * BUDGET_S + 1e-6  # the last one began within the budget


def test_beyond_the_budget_the_first_stage_counts_alone_until_a_minute_has_passed() -> None:
    second = opinion(Network(), Clock(1.0))
    most = round(BUDGET_SHARE * BUDGET_S)  # hearings of a second each
    told = heard(second, *[0.9] * (most + 4))
    assert [one is None for one in told] == [False] * most + [True] * 4
    minute_later = math.ceil(BUDGET_S / HOP_S) + most + 5
    assert heard(second, 0.9, first=minute_later)[-1] is not None


class Suspicious:
    """Classifier that always says 0.5."""

    reference = np.zeros((1, EMBEDDING))

    def reset(self) -> None:
        """It keeps nothing."""

    def score(self, frames: NDArray[np.float32]) -> Scored:
        return Scored(0.5, np.zeros(EMBEDDING, np.float32))


def noise() -> NDArray[np.float32]:
    level = np.repeat([1e-4, 0.5], 12 * HOP)
    return np.asarray(level * np.random.default_rng(1).uniform(-1, 1, 24 * HOP), np.float32)


def events_of_noise(second: SecondOpinion | None, kind: type[T], *, offloading: bool = False) -> Iterator[T]:
    pipeline = Pipeline(DetectionSettings(), Suspicious(), second)
    pipeline.set_offload(enabled=offloading, deadline_s=1.0)
    for event in [*pipeline.push(noise(), 0.0, 0.0), *pipeline.flush()]:
        if isinstance(event, kind):
            yield event


def scores_of_noise(second: SecondOpinion | None, *, offloading: bool = False) -> list[float]:
    return [event.score for event in events_of_noise(second, WindowScored, offloading=offloading)]


def test_the_pipeline_tells_the_score_that_decides() -> None:
    both = Sum(1.0, 0.0).score(0.5, 2.0)
    assert set(scores_of_noise(None)) == {0.5}
    assert scores_of_noise(opinion(Network(2.0)))[1:] == [both] * (len(scores_of_noise(None)) - 1)


@pytest.mark.parametrize(("says", "episodes"), [(-5.0, 0), (5.0, 1)])
def test_one_hop_decides(says: float, episodes: int) -> None:
    assert len(list(events_of_noise(opinion(Network(says)), CryStarted))) == episodes


def test_a_new_pipeline_forgets_the_sound_of_the_last_one() -> None:
    network = Network()
    second = opinion(network)
    scores_of_noise(second)
    first = network.heard[1].copy()
    network.heard.clear()
    scores_of_noise(second)
    np.testing.assert_array_equal(network.heard[1], first)


def test_while_offloading_the_first_stage_counts_alone() -> None:
    network = Network()
    scores = scores_of_noise(opinion(network), offloading=True)
    assert set(scores[:-1]) == {0.5}  # the last one is scored here as the recording ends
    assert len(network.heard) == 1


def test_what_the_cloud_decided_is_taken_without_hearing_again() -> None:
    network = Network()
    second = opinion(network)
    second.remember(hop(0))
    assert second.judge(0.9, 0.0, both=0.3) == 0.3
    assert network.heard == []
    assert heard(second, 0.9, first=1) == [Sum(1.0, 0.0).score(0.9, 2.0)]  # the score of that hop is known, too


def test_snoozing_nothing_begins() -> None:
    pipeline = Pipeline(DetectionSettings(), Suspicious(), opinion(Network(9.0)))
    pipeline.snooze(snoozing=True)
    assert not any(isinstance(event, CryStarted) for event in pipeline.push(noise(), 0.0, 0.0))
