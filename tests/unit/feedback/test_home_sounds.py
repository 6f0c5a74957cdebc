"""What shows what it was: long cries of the baby, short sounds with no cry near them, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.core.events import CandidateHeard, CryEnded, CryStarted
from babycryd.detect.candidates import PART_S
from babycryd.feedback.home_sounds import (
    APART_S,
    HALF_LIFE_NIGHTS,
    MOST,
    MOST_OF_A_CRY,
    MOST_OF_A_NIGHT,
    HomeSound,
    HomeSounds,
)


def sound(home: HomeSounds, at_s: float, lasts_s: float, *, passes: bool = False, episode: str = "") -> None:
    """A sound of this length, in parts as the detector sends them; `episode`: that begins with it."""
    if episode:
        home.note(CryStarted(at_s, at_s, episode, 0.9))
    ends = [at_s + PART_S * number for number in range(1, int(lasts_s / PART_S) + 1)] or [at_s + lasts_s]
    for end_s in ends if ends[-1] >= at_s + lasts_s else [*ends, at_s + lasts_s]:
        home.note(CandidateHeard(end_s, at_s, 0.9 if passes else 0.3, passes, (at_s,)))
    if episode:
        home.note(CryEnded(at_s + lasts_s + 10, episode, at_s, lasts_s + 10, 0.9, lasts_s, "calm"))


def kinds(home: HomeSounds, until_s: float = 1e6) -> list[tuple[bool, float]]:
    home.settle(until_s)
    return sorted({(one.cry, one.embedding[0]) for one in home.sounds})


def test_a_short_sound_that_was_no_cry_is_one_of_the_homes_others_ten_minutes_later() -> None:
    home = HomeSounds()
    sound(home, 100, 2)
    home.settle(100 + APART_S)
    assert home.sounds == ()
    assert kinds(home) == [(False, 100)]


def test_a_long_cry_is_the_babys_and_nothing_around_it_is_another_sound() -> None:
    home = HomeSounds()
    sound(home, 1000, 2)
    sound(home, 1300, 20, passes=True, episode="e1")
    sound(home, 1700, 2)
    sound(home, 1330 + 2 * APART_S, 2)
    assert kinds(home) == [(False, 1330 + 2 * APART_S), (True, 1300)]
    assert len([one for one in home.sounds if one.cry]) == MOST_OF_A_CRY
    assert {(one.episode, one.number) for one in home.sounds if one.cry} == {("e1", 1)}


@pytest.mark.parametrize(("lasts_s", "passes"), [(5, False), (30, False), (3, True), (7, True)])
def test_what_may_be_the_baby_is_neither(lasts_s: float, *, passes: bool) -> None:
    """A long sound that the threshold refuses, or a vote that passes and does not last, may be a missed cry."""
    home = HomeSounds()
    sound(home, 1000, 2)
    sound(home, 1300, lasts_s, passes=passes, episode="e" if passes else "")
    sound(home, 1500, 2)
    assert kinds(home) == []


def test_one_brief_alarm_alone_is_another_sound_and_two_may_be_the_baby() -> None:
    home = HomeSounds()
    sound(home, 1000, 1, passes=True, episode="e1")
    assert kinds(home) == [(False, 1000)]
    assert home.sounds[0].episode == "e1"
    home = HomeSounds()
    sound(home, 1000, 1, passes=True, episode="e1")
    sound(home, 1200, 1, passes=True, episode="e2")
    assert kinds(home) == []


def test_a_cry_that_only_the_lowered_threshold_found_teaches_nothing() -> None:
    """Else what was learnt would confirm itself."""
    home = HomeSounds()
    sound(home, 1000, 30, passes=False, episode="e1")
    assert kinds(home) == []


def test_a_night_that_never_ends_does_not_drive_out_the_others() -> None:
    home = HomeSounds([HomeSound(True, 0, (1.0,), "old", 1)], night=1)
    for number in range(200):
        sound(home, 1000.0 * number + 1, 30, passes=True, episode=f"e{number}")
    assert len(home.sounds) == MOST_OF_A_NIGHT + 1
    assert home.sounds[0].episode == "old"


nights = st.lists(
    st.lists(
        st.tuples(st.floats(1, 900), st.sampled_from([0.5, 1.5, 3.0, 5.0, 9.0, 40.0]), st.booleans()), max_size=12
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(nights=nights)
def test_numbers_are_bounded_and_no_others_are_taken_from_near_a_cry(
    nights: list[list[tuple[float, float, bool]]],
) -> None:
    home, at_s, cries = HomeSounds(), 0.0, list[float]()
    for night in nights:
        for number, (pause_s, lasts_s, passes) in enumerate(night):
            at_s += pause_s + 15
            sound(home, at_s, lasts_s, passes=passes, episode=f"{home.night}-{number}" if passes else "")
            cries += [at_s] if passes and lasts_s > 2 else []
            at_s += lasts_s
        home.night += 1
    home.settle(at_s + 2 * APART_S)
    for cry in (True, False):
        assert len([one for one in home.sounds if one.cry == cry]) <= MOST
    others = {one.embedding[0] for one in home.sounds if not one.cry}
    assert all(abs(other - cry) >= APART_S - 45 for other in others for cry in cries)


def test_a_sound_counts_half_after_its_half_life_and_never_more_than_once() -> None:
    one = HomeSound(True, 3, (0.0,))
    assert one.weight(3) == one.weight(0) == 1
    assert one.weight(3 + int(HALF_LIFE_NIGHTS)) == 0.5
