import numpy as np
import pytest

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.detect.features import LEAST_HOPS
from babycryd.detect.second_opinion import Sum
from training.evaluation.heard_scenes import HeardScene
from training.evaluation.metrics import window_ends_s
from training.evaluation.scoring import VotedScene
from training.evaluation.second_opinion import HeardScene as BothHeard
from training.evaluation.sooner import Found, audible_from_s, found_cries, quick, same_cries, stages_of
from training.synthesis.scenes import CryEvent, SceneParts

CRY = CryEvent(5.0, 12.0, 10.0, "baby", over_lullaby=False)


def parts(faint_until_s: float) -> SceneParts:
    """20 s of noise, and a cry that is 40 dB fainter until then, but for a peak of 0.2 s at 6 s."""
    rng = np.random.default_rng(1)
    rest = rng.normal(0, 0.01, 20 * SAMPLE_RATE_HZ).astype(np.float32)
    crying = rng.normal(0, 0.1, 20 * SAMPLE_RATE_HZ).astype(np.float32)
    times_s = np.arange(len(crying)) / SAMPLE_RATE_HZ
    crying[(times_s < faint_until_s) & ~((times_s >= 6.0) & (times_s < 6.2))] *= np.float32(1e-3)
    crying[(times_s < CRY.onset_s) | (times_s >= CRY.offset_s)] = 0
    return SceneParts(crying, rest, (CRY,), (), "bed", lullaby=False)


def test_a_cry_is_audible_from_its_first_three_tenths_of_a_second() -> None:
    assert audible_from_s(parts(0.0), CRY) == pytest.approx(5.0)
    assert audible_from_s(parts(8.0), CRY) == pytest.approx(8.0, abs=0.11)
    assert audible_from_s(parts(20.0), CRY) is None


def test_parts_of_other_recordings_are_told_from_those_of_the_file() -> None:
    assert same_cries(parts(0.0), VotedScene(np.zeros(0), (CRY,), (), 20.0))
    assert not same_cries(parts(0.0), VotedScene(np.zeros(0), (CRY, CRY), (), 20.0))


def test_latency_counts_from_there_and_the_stage_that_held_back_most_is_named() -> None:
    ends_s = window_ends_s(60)
    stages = ["the gate is closed" if at_s < 8.7 else "the sum is too low" for at_s in ends_s]
    assert list(found_cries([(CRY, 8.0)], stages)) == [Found(CRY, None, "the sum is too low")]
    found = int(np.flatnonzero(ends_s >= 9.0)[0])
    (late,) = found_cries([(CRY, 8.0)], [*stages[:found], "", *stages[found + 1 :]])
    assert late.latency_s == pytest.approx(ends_s[found] - 8.0)
    assert late.held_back_by == "the gate is closed"
    (at_once,) = found_cries([(CRY, 8.0)], [""] * 60)
    assert at_once.held_back_by == "nothing"


@pytest.mark.parametrize(
    ("first", "second", "loud", "stage"),
    [
        (0.0, 5.0, True, ""),
        (0.0, -9.0, True, "the sum is too low"),
        (-9.0, 9.0, True, "the first stage suspects nothing"),
        (0.0, 5.0, False, "the gate is closed"),
    ],
)
def test_every_hop_is_held_back_by_one_stage(first: float, second: float, stage: str, *, loud: bool) -> None:
    samples = np.random.default_rng(1).normal(0, 1e-3, 100 * HOP).astype(np.float32)
    samples[90 * HOP :] *= 100
    samples *= loud
    hops = len(samples) // HOP - LEAST_HOPS + 1
    heard = BothHeard(VotedScene(np.zeros(0), (), (), 24.0), np.full(hops, first), np.full((hops, 2), second))
    assert stages_of(samples, heard, Sum(1.0, 0.0))[-1] == stage


def test_two_high_hops_decide_only_beyond_the_margin() -> None:
    scores = np.full(40, 0.01)
    scores[20:22] = 0.95  # logit 2.94
    heard = HeardScene(VotedScene(np.zeros(0), (), (), 10.0), scores, np.zeros((40, 64), np.float32))
    threshold = np.log(0.77 / 0.23)  # 1.21
    assert quick(heard, None).voted.max() < threshold
    assert quick(heard, 1.5).voted.max() >= threshold
    assert quick(heard, 2.0).voted.max() < threshold
