"""What shows what it was: long cries of the baby, short sounds with no cry near them, and nothing else."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.core.events import CandidateHeard, CryEnded, CryStarted, StateChanged, StateName
from babycryd.detect.candidates import PART_S
from babycryd.feedback.home_sounds import (
    APART_S,
    HALF_LIFE_NIGHTS,
    LONGEST_OTHER_S,
    MOST,
    MOST_OF_A_CRY,
    MOST_OF_A_NIGHT,
    HomeSound,
    HomeSounds,
)


def listening_home(sounds: Sequence[HomeSound] = (), night: int = 0) -> HomeSounds:
    """A home that has been listened to for a while."""
    home = HomeSounds(sounds, night)
    state(home, "listening", -APART_S)
    return home


def state(home: HomeSounds, name: StateName, at_s: float) -> None:
    home.note(StateChanged(at_s, name, at_s))


def sound(
    home: HomeSounds, at_s: float, lasts_s: float, *, passes: bool = False, episode: str = "", voted: float = 0.0
) -> None:
    """A sound of this length, in parts as the detector sends them; `episode`: that begins with it."""
    if episode:
        home.note(CryStarted(at_s, at_s, episode, 0.9))
    ends = [at_s + PART_S * number for number in range(1, int(lasts_s / PART_S) + 1)] or [at_s + lasts_s]
    for end_s in ends if ends[-1] >= at_s + lasts_s else [*ends, at_s + lasts_s]:
        home.note(CandidateHeard(end_s, at_s, voted or (0.9 if passes else 0.3), passes, (at_s,)))
    if episode:
        home.note(CryEnded(at_s + lasts_s + 10, episode, at_s, lasts_s + 10, 0.9, lasts_s, "calm"))


def kinds(home: HomeSounds, until_s: float = 1e6) -> list[tuple[bool, float]]:
    home.settle(until_s)
    return sorted({(one.cry, one.embedding[0]) for one in home.sounds})


def test_a_short_sound_that_was_no_cry_is_one_of_the_homes_others_ten_minutes_later() -> None:
    home = listening_home()
    sound(home, 100, 2)
    home.settle(100 + APART_S)
    assert home.sounds == ()
    assert kinds(home) == [(False, 100)]


def test_a_long_cry_is_the_babys_and_nothing_around_it_is_another_sound() -> None:
    home = listening_home()
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
    home = listening_home()
    sound(home, 1000, 2)
    sound(home, 1300, lasts_s, passes=passes, episode="e" if passes else "")
    sound(home, 1500, 2)
    assert kinds(home) == []


def test_a_brief_alarm_is_no_other_sound_as_the_lullaby_may_have_calmed_the_baby() -> None:
    home = listening_home()
    sound(home, 1000, 1, passes=True, episode="e1")
    assert kinds(home) == []


@pytest.mark.parametrize("name", ["deaf", "snoozed", "soothing", "crying", "stirring"])
def test_around_a_time_that_was_not_only_listened_to_nothing_is_another_sound(name: StateName) -> None:
    home = listening_home()
    sound(home, 1000, 2)
    state(home, name, 1500)
    sound(home, 1600, 2)
    state(home, "listening", 2000)
    sound(home, 2500, 2)
    sound(home, 2001 + APART_S, 2)
    assert kinds(home) == [(False, 2001 + APART_S)]


def test_what_was_before_the_start_is_not_known_so_that_a_restart_in_crying_teaches_nothing() -> None:
    home = HomeSounds()
    sound(home, 5, 2)
    state(home, "listening", 10)
    sound(home, 20, 2)
    sound(home, 11 + APART_S, 2)
    assert kinds(home) == [(False, 11 + APART_S)]


def test_a_threshold_that_hardly_anything_reaches_makes_no_cry_another_sound() -> None:
    home = listening_home()
    sound(home, 1000, 3, passes=False, voted=0.9)
    assert kinds(home) == []


def test_a_threshold_that_everything_reaches_makes_no_television_a_baby() -> None:
    home = listening_home()
    sound(home, 1000, 60, passes=True, episode="e1", voted=0.3)
    assert kinds(home) == []


def test_what_is_forgotten_is_not_found_again() -> None:
    home = listening_home([HomeSound(True, 0, (1.0,), "old", 1)], night=1)
    sound(home, 1000, 2)
    home.note(CryStarted(5000, 5000, "e1", 0.9))
    home.forget()
    assert (kinds(home), home.night, home.crying) == ([], 0, True)


def test_a_cry_that_only_the_lowered_threshold_found_teaches_nothing() -> None:
    """Else what was learnt would confirm itself."""
    home = listening_home()
    sound(home, 1000, 30, passes=False, episode="e1")
    assert kinds(home) == []


def test_a_night_that_never_ends_does_not_drive_out_the_others() -> None:
    home = listening_home([HomeSound(True, 0, (1.0,), "old", 1)], night=1)
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
    home, at_s, cries = listening_home(), 0.0, list[float]()
    for night in nights:
        for number, (pause_s, lasts_s, passes) in enumerate(night):
            at_s += pause_s + 15
            sound(home, at_s, lasts_s, passes=passes, episode=f"{home.night}-{number}" if passes else "")
            cries += [at_s] if passes or lasts_s > LONGEST_OTHER_S else []
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
