"""Feedback helps against what was marked, and can never cost more than two hundredths of the cries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.verifier import FLOOR, Mark, Verifier

Embeddings = NDArray[np.float64]


def cluster(count: int, centre: float, seed: int) -> Embeddings:
    """Embeddings around one point, which differs from the cries' in a third of the dimensions."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.standard_normal((count, EMBEDDING)) + centre * (np.arange(EMBEDDING) % 3 == 0))


CRIES, CATS, DOORS = cluster(200, 0.0, 0), cluster(60, 1.5, 1), cluster(60, -1.5, 2)


def share_doubted(verifier: Verifier, embeddings: Embeddings) -> float:
    return float(np.mean([verifier.rejects(one) for one in embeddings]))


def test_without_marks_nothing_is_doubted() -> None:
    verifier = Verifier(CRIES)
    assert share_doubted(verifier, np.concatenate([CRIES, CATS])) == 0
    verifier.fit([Mark(CATS[0], cry=False)])
    verifier.fit([])
    assert share_doubted(verifier, CATS) == 0


def test_ten_marks_of_one_cat_silence_most_of_it_and_nothing_else() -> None:
    verifier = Verifier(CRIES)
    verifier.fit([Mark(cat, cry=False) for cat in CATS[:10]])
    assert share_doubted(verifier, CATS[10:]) > 0.5
    assert share_doubted(verifier, DOORS) == 0
    assert share_doubted(verifier, cluster(400, 0.0, 3)) <= 0.02


def test_what_was_marked_as_a_cry_is_never_doubted() -> None:
    verifier = Verifier(CRIES)
    verifier.fit([Mark(one, cry=False) for one in CATS[:10]] + [Mark(one, cry=True) for one in CATS[10:20]])
    assert not any(verifier.rejects(one) for one in CATS[10:20])


@settings(max_examples=40, deadline=None)
@given(false=st.integers(0, 60), true=st.integers(0, 20), seed=st.integers(0, 10_000), scale=st.floats(0.01, 30))
def test_the_floor_on_recall_holds_for_any_marks(false: int, true: int, seed: int, scale: float) -> None:
    """Also where the owner marks real cries as false ones, or nonsense."""
    rng = np.random.default_rng(seed)
    nonsense = np.concatenate([CRIES[:30], CATS, rng.standard_normal((60, EMBEDDING)) * scale])
    picked = nonsense[rng.permutation(len(nonsense))[: false + true]]
    verifier = Verifier(CRIES)
    verifier.fit([Mark(one, cry=index >= false) for index, one in enumerate(picked)])
    assert share_doubted(verifier, CRIES) <= FLOOR
    assert not any(verifier.rejects(one) for one in picked[false:])


def test_a_reference_of_one_is_enough_to_stand() -> None:
    verifier = Verifier(np.zeros((1, EMBEDDING)))
    verifier.fit([Mark(CATS[0], cry=False)])
    assert not verifier.rejects(np.zeros(EMBEDDING))
    assert share_doubted(verifier, CATS[:1]) in (0, 1)
    assert share_doubted(verifier, CATS[:1]) == pytest.approx(share_doubted(verifier, CATS[:1]))
