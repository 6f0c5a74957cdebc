"""Second opinion: when the network is asked, what its answer does, and what it may cost."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_FRAMES, HOP_S
from babycryd.core.events import WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.second_features import MELS
from babycryd.detect.second_opinion import BUDGET_S, BUDGET_SHARE, SUSPECTED, WINDOWS_HOPS, Budget, SecondOpinion, Sum
from babycryd.detect.settings import DetectionSettings

SCORES = st.floats(0.0, 1.0)
LOGITS = st.floats(-30.0, 30.0)


class Network:
    """Network that always says the same and remembers what it heard."""

    def __init__(self, logit: float = 2.0) -> None:
        self.says = logit
        self.heard: list[NDArray[np.float32]] = []

    def logit(self, mel: NDArray[np.float32]) -> float:
        self.heard.append(mel)
        return self.says


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


def opinion(network: Network, clock: Clock | None = None, hops: int = 20) -> SecondOpinion:
    second = SecondOpinion(network, Sum(1.0, 0.0), clock)
    for number in range(hops):
        second.remember(hop(number))
    return second


@given(score=st.floats(0.0, SUSPECTED, exclude_max=True))
def test_what_nothing_suspects_is_not_heard_again(score: float) -> None:
    network = Network()
    assert opinion(network, hops=1).score(score, 1.0) == score
    assert network.heard == []


def test_a_score_that_is_no_number_stays_one() -> None:
    assert math.isnan(opinion(Network(), hops=1).score(math.nan, 1.0))


@given(first=st.floats(SUSPECTED, 1.0), logit=st.one_of(LOGITS, st.sampled_from([math.nan, math.inf, -math.inf])))
def test_the_score_is_always_a_probability(first: float, logit: float) -> None:
    assert 0.0 <= opinion(Network(logit), hops=1).score(first, 1.0) <= 1.0


@given(first=SCORES, other=SCORES, logit=LOGITS, more=LOGITS)
def test_each_of_them_counts_and_none_has_a_veto(first: float, other: float, logit: float, more: float) -> None:
    combined = Sum(0.7, -0.3)
    assert combined.score(min(first, other), np.array([logit])) <= combined.score(max(first, other), np.array([logit]))
    low, high = min(logit, more), max(logit, more)
    assert combined.score(first, np.array([low])) <= combined.score(first, np.array([high]))


def test_the_logits_are_added_and_calibrated() -> None:
    score = Sum(0.5, 1.0).score(0.8, np.array([1.0, 3.0]))
    assert math.isclose(math.log(score / (1 - score)), 0.5 * (math.log(4) + 2.0) + 1.0, rel_tol=1e-6)


def test_the_network_hears_windows_that_end_now_with_silence_before_the_first_hop() -> None:
    network = Network()
    second = opinion(network, hops=5)
    second.score(0.9, 1.2)
    assert [mel.shape for mel in network.heard] == [(MELS, hops * HOP_FRAMES) for hops in WINDOWS_HOPS]
    silence = network.heard[0][0, 0]
    assert np.all(network.heard[0][:, : 3 * HOP_FRAMES] == silence)
    assert np.all(network.heard[0][50, 3 * HOP_FRAMES :] > silence)


def test_hop_after_hop_it_hears_the_same_as_at_once() -> None:
    often, once = Network(), Network()
    one, other = opinion(often, hops=0), opinion(once, hops=0)
    for number in range(30):
        for second in (one, other):
            second.remember(hop(number))
        one.score(0.9, number * HOP_S)
    other.score(0.9, 30 * HOP_S)
    np.testing.assert_array_equal(often.heard[-1], once.heard[-1])


def test_a_gap_forgets_what_was_before_it() -> None:
    network = Network()
    second = opinion(network)
    second.remember(hop(21, after_gap=True))
    second.score(0.9, 5.0)
    assert np.all(network.heard[1][:, :-HOP_FRAMES] == network.heard[1][0, 0])


def test_loudness_does_not_matter() -> None:
    heard = []
    for level in (0.001, 0.5):
        network = Network()
        second = SecondOpinion(network, Sum(1.0, 0.0))
        for number in range(16):
            second.remember(hop(number, level))
        second.score(0.9, 4.0)
        heard.append(network.heard[1])
    np.testing.assert_allclose(heard[0], heard[1], atol=1e-3)


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
    network = Network()
    second = opinion(network, Clock(1.0))
    scores = [second.score(0.9, number * HOP_S) for number in range(10)]
    assert [score == 0.9 for score in scores] == [False] * 6 + [True] * 4
    assert second.skipped == 4
    assert second.score(0.9, BUDGET_S + HOP_S) != 0.9


class Suspicious:
    """Classifier that always says 0.5."""

    reference = np.zeros((1, EMBEDDING))

    def reset(self) -> None:
        """It keeps nothing."""

    def score(self, frames: NDArray[np.float32]) -> Scored:
        return Scored(0.5, np.zeros(EMBEDDING, np.float32))


def scores_of_noise(second: SecondOpinion | None, *, offloading: bool = False) -> list[float]:
    pipeline = Pipeline(DetectionSettings(), Suspicious(), second)
    pipeline.set_offload(enabled=offloading, deadline_s=1.0)
    noise = np.random.default_rng(1).uniform(-1, 1, 24 * HOP) * np.repeat([1e-4, 0.5], 12 * HOP)
    events = [*pipeline.push(noise.astype(np.float32), 0.0, 0.0), *pipeline.flush()]
    return [event.score for event in events if isinstance(event, WindowScored)]


def test_the_pipeline_votes_with_the_score_of_both() -> None:
    both = Sum(1.0, 0.0).score(0.5, np.array([2.0, 2.0]))
    assert set(scores_of_noise(None)) == {0.5}
    assert set(scores_of_noise(opinion(Network(2.0)))) == {both}


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
    assert set(scores_of_noise(opinion(network), offloading=True)) == {0.5}
    assert network.heard == []
