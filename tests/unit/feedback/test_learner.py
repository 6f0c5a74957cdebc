"""The learner joins marks and home sounds, and a mark outweighs what the home showed."""

import numpy as np

from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.verifiers import Verifiers
from babycryd.feedback.book import BookEntry
from babycryd.feedback.home_sounds import HALF_LIFE_NIGHTS, HomeSound
from babycryd.feedback.learner import Learner, examples

CRIES = np.random.default_rng(0).standard_normal((100, EMBEDDING))
CAT = (3.0,) * EMBEDDING
CATS = [HomeSound(False, 0, CAT, "e1") for _ in range(10)]


def test_sounds_of_the_home_and_marks_reach_the_verifier_together() -> None:
    used = list[Verifiers]()
    learner = Learner(CRIES, used.append)
    learner.learn_sounds(CATS, 1)
    assert used[-1].rejects(np.array(CAT))
    learner.learn_marks([BookEntry("e2", (-3.0,) * EMBEDDING, "sha", cry=False)])
    assert used[-1].rejects(np.array(CAT))
    learner.learn_sounds((), 0)
    assert not used[-1].rejects(np.array(CAT))


def test_a_mark_that_the_second_opinion_heard_is_learnt_by_both() -> None:
    used = list[Verifiers]()
    like_a_cry = tuple(CRIES.mean(axis=0).tolist())
    learner = Learner(CRIES, used.append, CRIES)
    learner.learn_marks([BookEntry(f"e{n}", like_a_cry, "sha", False, CAT, "other") for n in range(5)])
    assert not used[-1].rejects(np.array(like_a_cry))
    assert used[-1].rejects(np.array(like_a_cry), np.array(CAT))


def test_a_mark_of_their_episode_overrules_what_sounds_seemed_to_be() -> None:
    assert len(examples(CATS, 0, {})) == 10
    assert examples(CATS, 0, {"e1": True}) == []
    assert len(examples(CATS, 0, {"e1": False, "another": True})) == 10
    assert examples([HomeSound(True, 0, CAT, "e1", 1)], 0, {"e1": False}) == []


def test_parts_of_one_cry_stay_together_and_old_ones_count_less() -> None:
    cries = [HomeSound(True, 0, CAT, "e1", number) for number in (1, 1, 2)]
    found = examples(cries, int(HALF_LIFE_NIGHTS), {})
    assert [one.cry for one in found] == ["e1/1", "e1/1", "e1/2"]
    assert {one.weight for one in found} == {0.5}
