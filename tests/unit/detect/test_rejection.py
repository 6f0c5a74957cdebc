"""A cry of any length is believed, after any history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.audio.format import HOP_S
from babycryd.detect.adaptive_threshold import HIGHEST, STEP, AdaptiveThreshold
from babycryd.detect.episode import Vote, VoteSettings
from babycryd.detect.rejection import Rejection, RejectionSettings
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.verifier import HIGHEST_BIAS, HomeExample, Mark

THRESHOLD = 0.6
CRIES = np.random.default_rng(0).standard_normal((100, EMBEDDING))
CAT = np.full(EMBEDDING, 3.0, np.float32)
NOTHING = np.zeros(EMBEDDING, np.float32)


class Night:
    """A doubt that hears scores, hop after hop."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.doubt = Rejection(RejectionSettings(enabled=enabled), CRIES)
        self.vote = Vote(VoteSettings())
        self.at_s = 0.0

    def hear(self, scores: list[float], embedding: np.ndarray = NOTHING) -> list[bool]:
        return [self.hop(score, embedding) for score in scores]

    def hop(self, score: float | None, embedding: np.ndarray = NOTHING) -> bool:
        self.at_s += HOP_S
        self.vote.add(score)
        scored = None if score is None else Scored(score, embedding)
        return self.doubt.accepts(self.vote, scored, threshold=THRESHOLD, at_s=self.at_s, crying=False)


def test_a_fresh_one_believes_every_vote_at_once() -> None:
    assert Night().hear([0.7] * 4) == [False, False, True, True]


def test_what_was_marked_false_has_to_last() -> None:
    night = Night()
    night.doubt.learn([Mark(CAT, cry=False)] * 5)
    accepted = night.hear([0.9] * 40, CAT)
    first_s = accepted.index(True) * HOP_S
    assert first_s == pytest.approx(2 * HOP_S + RejectionSettings().patience_s, abs=HOP_S)
    assert night.hear([0.9] * 4, CAT) == [True] * 4


def test_it_rejects_nothing_when_it_is_switched_off() -> None:
    night = Night(enabled=False)
    night.doubt.learn([Mark(CAT, cry=False)] * 5)
    assert any(night.hear([0.9] * 4, CAT))


def test_a_short_sound_that_nearly_passes_every_night_raises_what_is_asked_for_a_while() -> None:
    night = Night()
    for _ in range(30):
        night.hear([0.55] * 5 + [0.0] * 50)
    assert night.hear([0.62] * 5) == [False] * 5
    assert any(night.hear([0.0] * 10 + [0.8] * 5))


scores = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 0.45, 0.55, 0.59, 0.62, 0.9]), st.integers(1, 60)), min_size=0, max_size=40
)


@settings(max_examples=150, deadline=None)
@given(before=scores, level=st.sampled_from([0.6, 0.61, 0.7, 0.99]), marks=st.integers(0, 20), long=st.integers(0, 200))
def test_a_cry_that_lasts_is_believed_after_any_history(
    before: list[tuple[float, int]], level: float, marks: int, long: int
) -> None:
    """Recall does not fall with the length of a cry, nor with what the room or the owner taught."""
    night = Night()
    night.doubt.learn([Mark(CAT, cry=False)] * marks)
    for score, hops in before:
        night.hear([score] * hops, CAT)
    patience = int(RejectionSettings().patience_s / HOP_S) + 5
    accepted = night.hear([level] * (patience + long), CAT)
    assert any(accepted[:patience])
    assert all(accepted[patience:])


@settings(max_examples=100, deadline=None)
@given(before=scores)
def test_the_offset_is_bounded_and_a_clearly_louder_vote_passes_at_once(before: list[tuple[float, int]]) -> None:
    night = Night()
    for score, hops in before:
        night.hear([score] * hops)
    night.hear([0.0] * 10)
    surely = 1 / (1 + np.exp(-(np.log(THRESHOLD / (1 - THRESHOLD)) + HIGHEST))) + 1e-6
    assert any(night.hear([surely] * 3))


def test_hours_of_crying_teach_the_room_nothing() -> None:
    room = AdaptiveThreshold()
    for hop in range(20_000):
        crying = hop > 10
        room.update([0.55, 0.65][hop // 7 % 2], THRESHOLD, hop * HOP_S, crying=crying)
    assert room.offset == 0


def test_what_was_learnt_is_forgotten_within_a_day() -> None:
    room, at_s = AdaptiveThreshold(), 0.0
    for score in ([0.55] * 5 + [0.0] * 5) * 40:
        at_s += HOP_S
        room.update(score, THRESHOLD, at_s, crying=False)
    learnt = room.offset
    assert STEP < learnt <= HIGHEST
    room.update(0.0, THRESHOLD, at_s + 24 * 3600, crying=False)
    assert room.offset < 0.05 * learnt


BABY = np.full(EMBEDDING, -1.0, np.float32)
LOWERED = float(1 / (1 + np.exp(HIGHEST_BIAS - np.log(THRESHOLD / (1 - THRESHOLD)))))  # the lowest one that may pass


def at_home() -> Night:
    night = Night()
    home = [HomeExample(CAT, "")] * 20 + [HomeExample(BABY, f"cry {number}") for number in range(20)]
    night.doubt.verifiers.fit([], home)
    return night


def test_a_cry_like_this_babys_passes_below_the_threshold_and_others_do_not() -> None:
    assert any(at_home().hear([LOWERED + 0.02] * 4, BABY))
    assert not any(at_home().hear([LOWERED - 0.02] * 40, BABY))
    assert not any(at_home().hear([THRESHOLD - 0.02] * 40, CAT))
    assert not any(Night().hear([THRESHOLD - 0.02] * 40, BABY))


def test_nothing_passes_below_the_threshold_when_it_is_switched_off() -> None:
    night = at_home()
    night.doubt.settings = RejectionSettings(enabled=False)
    assert not any(night.hear([THRESHOLD - 0.02] * 10, BABY))


def test_what_sounds_like_this_baby_passes_in_a_room_of_near_misses() -> None:
    night = at_home()
    for _ in range(30):
        night.hear([0.55] * 5 + [0.0] * 50, CAT)
    assert not any(night.hear([0.62] * 5 + [0.0] * 10, CAT))
    assert any(night.hear([0.62] * 5, BABY))
