"""Reference cries of the second opinion: the hops of the alarm, and directions that keep what differs."""

import numpy as np

from babycryd.detect.scoring import EMBEDDING
from training.model.alarm_embedding import at_alarm
from training.release.second_cries import alarm_hops, directions_of


def test_the_hops_of_the_alarm_are_those_of_the_classifiers_embedding() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        scores, embeddings = rng.uniform(size=12), rng.normal(size=(12, EMBEDDING)).astype(np.float32)
        hops, expected = alarm_hops(scores, 0.6), at_alarm(scores, embeddings, 0.6)
        assert (len(hops) == 0) == (expected is None)
        if expected is not None:
            np.testing.assert_allclose(embeddings[hops].mean(axis=0), expected, rtol=1e-5)


def test_the_directions_keep_what_differs_between_cries_and_nothing_that_they_share() -> None:
    rng = np.random.default_rng(5)
    parts = rng.normal(size=(200, 8)).astype(np.float32)
    cries = 5 + parts @ rng.normal(size=(8, 384)).astype(np.float32)
    directions = directions_of(cries)
    told = cries @ directions.kernel + directions.bias
    assert told.shape == (200, EMBEDDING)
    np.testing.assert_allclose(told.mean(axis=0), 0, atol=1e-3)
    apart = [np.linalg.norm(one[:100] - one[100:], axis=1) for one in (cries, told)]
    np.testing.assert_allclose(apart[1], apart[0], rtol=1e-3)
