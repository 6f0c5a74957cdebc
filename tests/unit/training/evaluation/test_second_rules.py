"""Rules of the second opinion: a longer window that is asked near the threshold only decides as its score says."""

from dataclasses import replace

import numpy as np
import pytest

from training.evaluation.scoring import VotedScene
from training.evaluation.second_opinion import RULES, UNSUSPECTED, HeardScene, Rule

SHORT, MEAN = Rule((1, 0), (1, 1), (1, 1)), Rule((0.5, 0.5), (1, 1), (1, 1))


def heard() -> HeardScene:
    rng = np.random.default_rng(6)
    truth = VotedScene(np.zeros(0), (), (), 240.0)
    return HeardScene(truth, rng.normal(0, 3, 900), rng.normal(0, 3, (900, 2)))


@pytest.mark.parametrize("within", [0.0, 0.5, 2.0, np.inf])
@pytest.mark.parametrize("threshold", [-3.0, 0.0, 4.0])
def test_a_margin_decides_as_a_device_that_asks_the_longer_window_near_its_threshold(
    within: float, threshold: float
) -> None:
    one = heard()
    short, mean = SHORT.sums(one), MEAN.sums(one)
    asked, near = short > UNSUSPECTED / 2, np.abs(short - threshold) <= within
    device = np.where(near, mean, short) >= threshold
    by_score = replace(MEAN, within=within).sums(one) >= threshold
    assert asked.sum() > 300
    np.testing.assert_array_equal(by_score[asked], device[asked])


def test_the_compared_margins_are_rules() -> None:
    assert [rule.within for rule in RULES.values() if np.isfinite(rule.within)] == [1.0, 2.0]
