"""Verifiers of both stages: a mark counts for both, and no mark takes more cries than the bounds permit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.format import HOP_S
from babycryd.detect.episode import Vote, VoteSettings
from babycryd.detect.rejection import Rejection, RejectionSettings
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.verifier import FLOOR, HomeExample, Mark
from babycryd.detect.verifiers import SURELY_THE_BABY, Verifiers

CRIES = np.random.default_rng(0).standard_normal((200, EMBEDDING)).astype(np.float32)
CAT = np.full(EMBEDDING, 3.0, np.float32)
LIKE_A_CRY = CRIES.mean(axis=0)  # what the classifier hears of the cat: nothing tells it from a baby
FALSE = [Mark(LIKE_A_CRY, cry=False, second=CAT)] * 5
THRESHOLD = 0.6


def learnt(marks: list[Mark], second: NDArray[np.float32] | None = CRIES) -> Verifiers:
    verifiers = Verifiers(CRIES, second)
    verifiers.fit(marks)
    return verifiers


def test_the_second_opinion_tells_a_marked_cat_that_the_classifier_takes_for_a_baby() -> None:
    verifiers = learnt(FALSE)
    assert not verifiers.rejects(LIKE_A_CRY)
    assert verifiers.rejects(LIKE_A_CRY, CAT)
    assert not verifiers.rejects(LIKE_A_CRY, LIKE_A_CRY)


def test_what_the_classifier_rejects_needs_no_second_opinion() -> None:
    verifiers = learnt([Mark(CAT, cry=False)] * 5)
    assert verifiers.rejects(CAT)
    assert verifiers.rejects(CAT, LIKE_A_CRY)
    assert not verifiers.rejects(LIKE_A_CRY, CAT)  # nothing was marked that it heard


def test_where_the_second_opinion_hears_a_mark_is_its_own_and_elsewhere_the_classifiers() -> None:
    verifiers = learnt([Mark(CAT, cry=False, second=CAT)] * 5)
    assert verifiers.rejects(CAT)
    assert verifiers.rejects(LIKE_A_CRY, CAT)
    assert not verifiers.rejects(CAT, LIKE_A_CRY)


def test_sounds_of_the_home_count_beside_the_second_opinion() -> None:
    verifiers = Verifiers(CRIES, CRIES)
    verifiers.fit([], [HomeExample(CAT, "")] * 20)
    assert verifiers.rejects(CAT, LIKE_A_CRY)


def test_without_a_second_opinion_its_embeddings_say_nothing() -> None:
    assert not learnt(FALSE, None).rejects(LIKE_A_CRY, CAT)


def test_a_mark_that_was_taken_back_leaves_nothing() -> None:
    verifiers = learnt(FALSE)
    verifiers.fit([])
    assert not verifiers.rejects(LIKE_A_CRY, CAT)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_no_marks_reject_more_cries_than_the_bounds_of_either_permit(false: int, true: int, seed: int) -> None:
    """Any marks, false ones of cries too: each verifier rejects FLOOR of its reference cries at most, no true mark."""
    rng = np.random.default_rng(seed)
    some = [rng.normal(rng.normal(0, 2), rng.uniform(0.1, 3), EMBEDDING) for _ in range(false + true)]
    drawn = [*CRIES[rng.integers(0, len(CRIES), len(some))]]
    marks = [
        Mark(drawn[k] if seed % 2 else some[k], cry=k >= false, second=some[k] if seed % 3 else drawn[k])
        for k in range(len(some))
    ]
    verifiers = learnt(marks)
    assert np.mean([verifiers.rejects(one) for one in CRIES]) <= FLOOR
    by_second = [verifiers.rejects(one, other) for one, other in zip(CRIES, CRIES[::-1], strict=True)]
    assert np.mean(by_second) <= 2 * FLOOR
    assert not any(verifiers.rejects(one.embedding, one.second) for one in marks if one.cry)


BABY = CRIES[:30] + np.float32(1.0)  # this home's, as the classifier hears it
HOME = [
    *(HomeExample(one, f"cry{index // 3}") for index, one in enumerate(BABY)),
    *(HomeExample(one, "") for one in CRIES[100:120] - np.float32(2.0)),
]


NEITHER = np.full(
    EMBEDDING, -0.8, np.float32
)  # what the classifier hears of a cat here: no cry of this baby, perhaps one


def nearby(count: int, seed: int) -> NDArray[np.float32]:
    """A cat that lies among the cries for the second opinion, a little to one side."""
    return np.asarray(np.random.default_rng(seed).standard_normal((count, EMBEDDING)) + 0.8, np.float32)


def at_home(marks: list[Mark]) -> Verifiers:
    verifiers = Verifiers(CRIES, CRIES)
    verifiers.fit(marks, HOME)
    return verifiers


@pytest.mark.parametrize(("marks", "home", "least"), [(3, HOME, 50), (2, HOME, 0), (3, [], 0)])
def test_three_marks_hold_more_of_a_cat_back_where_the_baby_is_known(
    marks: int, home: list[HomeExample], least: int
) -> None:
    verifiers = Verifiers(CRIES, CRIES)
    verifiers.fit([Mark(NEITHER, cry=False, second=one) for one in nearby(marks, 1)], home)
    held_back = sum(verifiers.rejects(NEITHER, one) for one in nearby(100, 2))
    assert held_back > least if least else held_back == 0


def test_no_mark_holds_back_what_is_surely_this_homes_baby() -> None:
    verifiers = at_home([Mark(NEITHER, cry=False, second=CAT)] * 5)
    own = [one for one in BABY if verifiers.bias(one) >= SURELY_THE_BABY]
    assert len(own) > len(BABY) / 2
    assert not any(verifiers.rejects(one, CAT) for one in own)
    assert verifiers.rejects(NEITHER, CAT)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_the_bounds_hold_where_the_baby_is_known(false: int, true: int, seed: int) -> None:
    """Any marks, of cries too: no more of the reference cries are held back than elsewhere, and no true mark."""
    rng = np.random.default_rng(seed)
    some = np.where(rng.random((false + true, 1)) < 0.5, CRIES[rng.integers(0, len(CRIES), false + true)], 0)
    heard = some + rng.standard_normal(some.shape) * rng.uniform(0.01, 3)
    verifiers = at_home([Mark(NEITHER, cry=index >= false, second=one) for index, one in enumerate(heard)])
    assert np.mean([verifiers.rejects(NEITHER, one) for one in CRIES]) <= FLOOR
    assert not any(verifiers.rejects(NEITHER, one) for one in heard[false:])


class Night:
    """A rejection that hears hops as the second opinion does, or does not."""

    def __init__(self) -> None:
        self.rejection = Rejection(RejectionSettings(), CRIES, CRIES)
        self.rejection.learn(FALSE)
        self.vote = Vote(VoteSettings())
        self.at_s = 0.0

    def hear(self, hops: int, second: NDArray[np.float32] | None) -> list[bool]:
        return [self._hop(second) for _ in range(hops)]

    def _hop(self, second: NDArray[np.float32] | None) -> bool:
        self.at_s += HOP_S
        scored = Scored(0.9, LIKE_A_CRY, second=second)
        self.vote.add(0.9)
        return self.rejection.accepts(self.vote, scored, threshold=THRESHOLD, at_s=self.at_s, crying=False)


def test_a_marked_cat_has_to_last_and_what_lasts_is_believed() -> None:
    accepted = Night().hear(60, CAT)
    first_s = accepted.index(True) * HOP_S
    assert first_s == pytest.approx(2 * HOP_S + RejectionSettings().patience_s, abs=HOP_S)


@pytest.mark.parametrize("second", [None, LIKE_A_CRY], ids=["not heard again", "a baby for both"])
def test_a_baby_is_believed_at_once(second: NDArray[np.float32] | None) -> None:
    assert Night().hear(4, second) == [False, False, True, True]


def test_the_embedding_is_the_mean_of_the_hops_that_vote() -> None:
    rejection, vote = Rejection(RejectionSettings(), CRIES, CRIES), Vote(VoteSettings())
    assert rejection.second_embedding(THRESHOLD) is None
    for score, level in ((0.2, 9.0), (0.9, 1.0), (0.8, 3.0)):
        scored = Scored(score, LIKE_A_CRY, second=np.full(EMBEDDING, level, np.float32))
        rejection.accepts(vote, scored, threshold=THRESHOLD, at_s=0.0, crying=False)
    np.testing.assert_array_equal(rejection.second_embedding(THRESHOLD), 2.0)
    all_heard = rejection.second_embedding(0.95)  # none votes
    assert all_heard is not None
    np.testing.assert_allclose(all_heard, 13 / 3, rtol=1e-6)
