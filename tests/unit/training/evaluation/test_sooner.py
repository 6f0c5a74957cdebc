import numpy as np
import pytest

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.core.events import CryEnded, CryStarted, WindowScored
from training.evaluation.heard_scenes import HeardScene
from training.evaluation.metrics import window_ends_s
from training.evaluation.scoring import VotedScene
from training.evaluation.sooner import audible_from_s, found_cries, held_back_by, quick
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


def test_latency_counts_from_there() -> None:
    events = [CryStarted(9.5, 9.5, "e", 0.9), CryEnded(15.0, "e", 9.5, 5.5, 0.9, 4.0, "calm")]
    (found,) = found_cries(parts(8.0), events, 20.0)
    assert found.latency_s == pytest.approx(1.5, abs=0.11)
    (missed,) = found_cries(parts(8.0), [WindowScored(10.08, 0.02)], 20.0)
    assert missed.latency_s is None


def test_the_stage_that_held_back_most_is_named() -> None:
    ends_s = [round(float(at_s), 2) for at_s in window_ends_s(60) if 10 <= at_s < 12]
    assert held_back_by({}, 10.0, 12.0) == "the gate is closed"
    assert held_back_by(dict.fromkeys(ends_s, 0.01), 10.0, 12.0) == "the first stage suspects nothing"
    assert held_back_by(dict.fromkeys(ends_s, 0.5), 10.0, 12.0) == "the sum is too low"
    assert held_back_by(dict.fromkeys(ends_s, 0.9), 10.0, 12.0) == "the rejection"
    assert held_back_by({}, 10.0, 10.0) == "nothing"


def test_two_high_hops_decide_only_beyond_the_margin() -> None:
    scores = np.full(40, 0.01)
    scores[20:22] = 0.95  # logit 2.94
    heard = HeardScene(VotedScene(np.zeros(0), (), (), 10.0), scores, np.zeros((40, 64), np.float32))
    threshold = np.log(0.77 / 0.23)  # 1.21
    assert quick(heard, None).voted.max() < threshold
    assert quick(heard, 1.5).voted.max() >= threshold
    assert quick(heard, 2.0).voted.max() < threshold
