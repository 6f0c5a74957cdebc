"""Candidates: every sound for which the vote comes near, once, in parts of three seconds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.format import HOP_S
from babycryd.detect.candidates import LONGEST_PAUSE_S, LOWEST, PART_S, Candidate, CandidateTracker


def followed(votes: list[float]) -> list[Candidate]:
    """Candidates of a night; the embedding is the vote itself."""
    tracker = CandidateTracker()
    night = [*votes, *[0.0] * 10]
    parts = [tracker.update(vote, lambda vote=vote: np.full(1, vote), hop * HOP_S) for hop, vote in enumerate(night)]  # type: ignore[misc]
    return [part for part in parts if part is not None]


def test_a_short_sound_is_one_candidate_with_its_highest_vote() -> None:
    (only,) = followed([0.0, 0.2, 0.6, 0.3, 0.0])
    assert (only.voted, only.embedding.tolist()) == (0.6, [0.6])
    assert (only.began_s, only.last_s) == (HOP_S, 3 * HOP_S)


def test_a_pause_of_a_breath_does_not_end_a_sound_and_a_longer_one_does() -> None:
    breath = [0.0] * int(LONGEST_PAUSE_S / HOP_S)
    assert len(followed([0.5, *breath, 0.5])) == 1
    assert len(followed([0.5, *breath, 0.0, 0.5])) == 2


def test_a_time_that_was_not_heard_ends_a_sound_though_the_next_window_votes() -> None:
    """As with a vote of one window after the microphone was away."""
    tracker = CandidateTracker()
    assert tracker.update(0.4, lambda: np.full(1, 0.4), 10.0) is None
    ended = tracker.update(0.9, lambda: np.full(1, 0.9), 700.0)
    assert ended is not None
    assert (ended.began_s, ended.last_s, ended.voted) == (10.0, 10.0, 0.4)
    part = tracker.update(0.0, lambda: np.zeros(1), 702.0)
    assert part is not None
    assert (part.began_s, part.last_s, part.voted) == (700.0, 700.0, 0.9)


def test_a_long_sound_comes_in_parts_that_name_its_beginning() -> None:
    parts = followed([0.9] * 60)
    assert {part.began_s for part in parts} == {0.0}
    assert [round(part.last_s / PART_S) for part in parts] == [1, 2, 3, 4, 5]


@given(votes=st.lists(st.sampled_from([0.0, 0.05, 0.1, 0.4, 0.9]), max_size=200))
def test_parts_come_in_order_and_each_reaches_the_lowest_vote(votes: list[float]) -> None:
    parts = followed(votes)
    assert all(part.voted >= LOWEST and part.began_s <= part.last_s for part in parts)
    assert [part.last_s for part in parts] == sorted(part.last_s for part in parts)
    assert max((part.voted for part in parts), default=0.0) == max((v for v in votes if v >= LOWEST), default=0.0)
