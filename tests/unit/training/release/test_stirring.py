import numpy as np
import pytest

from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.tflite import fuss_head_of
from training.evaluation.heard_scenes import HeardScene
from training.evaluation.scoring import VotedScene
from training.evaluation.stirring import cause, is_false, stirrings_s
from training.release.stirring import lowest_threshold, voted_logits, with_stirring
from training.synthesis.scenes import CryEvent, DistractorEvent

WEIGHTS = np.eye(EMBEDDING + 1)[0]  # the logit is the first number
CARD = {"file": "cry.tflite", "threshold": 0.77, "votes": {"needed": 3, "windows": 5}}
CRY = CryEvent(20.0, 30.0, 10.0, "baby", over_lullaby=False)
CAT = DistractorEvent(100.0, 2.0, "cat")


def scene(*loud: tuple[int, int, float]) -> HeardScene:
    """A scene of 990 hops whose logit is 0 but for these: first and last + 1 hop, logit."""
    embeddings = np.zeros((990, EMBEDDING), np.float32)
    for first, last, logit in loud:
        embeddings[first:last, 0] = logit
    return HeardScene(VotedScene(np.zeros(0), (CRY,), (CAT,), 240.0), np.zeros(990), embeddings)


def test_the_threshold_lies_just_over_what_may_not_be_told() -> None:
    voted = [voted_logits(scene((500, 520, 3.0), (700, 720, 2.0)), WEIGHTS) for _ in range(15)]
    assert lowest_threshold(voted, 0.0) == pytest.approx(3.01)
    assert lowest_threshold(voted, 15.0) == pytest.approx(2.01)


def test_what_stirs_in_a_cry_and_soon_after_it_raises_no_threshold() -> None:
    voted = voted_logits(scene((90, 140, 9.0)), WEIGHTS)
    assert voted.max() < 9.0


def test_few_hops_are_no_stirring() -> None:
    assert voted_logits(scene((500, 504, 9.0)), WEIGHTS).max() < 1.0


def test_a_fitted_head_is_what_the_daemon_reads() -> None:
    head = fuss_head_of(with_stirring(CARD, WEIGHTS, 1.5))
    assert head is not None
    assert head.likely == 1.5
    assert head.weights.tolist() == WEIGHTS.tolist()


def test_a_student_keeps_its_own_weights() -> None:
    families = {"of": "the embedding, then a 1", "weights": {"fuss": [2.0] * (EMBEDDING + 1), "cat": [1.0]}}
    card = with_stirring(CARD | {"families": families}, None, 0.5)
    assert card["families"] == families
    assert card["stirring"]["fitted_by"] is None
    assert list(card) == ["file", "families", "stirring", "threshold", "votes"]


def test_stirring_outside_of_cries_is_false_and_has_a_cause() -> None:
    head = fuss_head_of(with_stirring(CARD, WEIGHTS, 1.5))
    assert head is not None
    heard = scene((90, 110, 9.0), (418, 430, 9.0), (800, 820, 9.0))
    told = stirrings_s(heard.embeddings, head)
    assert len(told) == 3
    assert [is_false(heard.truth, at_s) for at_s in told] == [False, True, True]
    assert [cause(heard.truth, at_s) for at_s in told[1:]] == ["cat", "bed"]
