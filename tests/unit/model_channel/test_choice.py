"""The steps from one choice of a model to the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.model_channel.choice import MOST_STARTS, Choice, ChoiceError, choice_of, choice_text

A, B, SHIPPED = "a" * 64, "b" * 64, "c" * 64


def on_trial(sha256: str = A, serial: int = 1, before: Choice | None = None) -> Choice:
    return (before or Choice()).offered(sha256, serial, SHIPPED, again=False)


def test_a_new_model_hears_in_the_shadow_then_decides_then_stays() -> None:
    trial = on_trial()
    assert (trial.phase, trial.in_use, trial.shadow) == ("trial", None, A)
    probation = trial.switched()
    assert (probation.phase, probation.in_use, probation.shadow) == ("probation", A, None)
    stays = probation.confirmed()
    assert (stays.phase, stays.in_use, stays.kept) == ("none", A, {A})
    second = on_trial(B, 2, stays).switched()
    assert (second.in_use, second.shadow, second.kept) == (B, A, {A, B})


def test_a_rollback_leads_to_the_model_before() -> None:
    second = on_trial(B, 2, on_trial().switched().confirmed()).switched()
    back = second.rolled_back("more alarms")
    assert (back.in_use, back.phase, back.refused, back.why) == (A, "none", (B,), "more alarms")
    assert back.rolled_back("").in_use is None
    with pytest.raises(ChoiceError, match="none to roll back to"):
        Choice().rolled_back("")


def test_a_model_on_trial_is_dropped_without_a_change_of_who_decides() -> None:
    using = on_trial().switched().confirmed()
    dropped = on_trial(B, 2, using).rolled_back("it fails")
    assert (dropped.in_use, dropped.phase, dropped.refused) == (A, "none", (B,))


def test_what_was_rolled_back_is_taken_again_on_demand_only() -> None:
    dropped = on_trial().rolled_back("it fails")
    with pytest.raises(ChoiceError, match="--again"):
        on_trial(before=dropped)
    assert dropped.offered(A, 1, SHIPPED, again=True).refused == ()


def test_an_old_offer_is_not_passed_off_as_new() -> None:
    with pytest.raises(ChoiceError, match="older"):
        on_trial(B, 4, on_trial(A, 5))


@pytest.mark.parametrize("name", [A, SHIPPED])
def test_the_model_in_use_is_no_new_one(name: str) -> None:
    with pytest.raises(ChoiceError, match="is the one in use, or the shipped one"):
        on_trial(name, 2, on_trial().switched().confirmed())


def test_nothing_is_switched_without_a_trial_and_nothing_new_tried_on_probation() -> None:
    with pytest.raises(ChoiceError, match="no model is on trial"):
        Choice().switched()
    with pytest.raises(ChoiceError, match="on probation"):
        on_trial(B, 2, on_trial().switched())


def test_a_model_with_which_the_daemon_does_not_live_a_minute_is_rolled_back() -> None:
    choice = on_trial().switched()
    for _ in range(MOST_STARTS):
        choice = choice.started()
        assert choice.in_use == A
    choice = choice.started()
    assert (choice.in_use, choice.refused, choice.starts) == (None, (A,), 0)
    assert "ended within a minute" in choice.why


def test_a_minute_of_listening_proves_the_start() -> None:
    choice = on_trial().switched()
    for _ in range(10 * MOST_STARTS):
        choice = choice.started().proven()
    assert choice.in_use == A
    assert Choice().started() == Choice()  # the shipped model needs no proof, and costs no write


def test_a_model_that_cannot_be_loaded_leads_to_the_shipped_one() -> None:
    choice = on_trial(B, 2, on_trial().switched().confirmed()).switched().shipped("half a file")
    assert (choice.in_use, choice.phase, choice.refused, choice.serial) == (None, "none", (B,), 2)


names = st.sampled_from([None, A, B])


@given(st.builds(Choice, names, names, names, st.integers(0), st.just((A,)), st.integers(0), st.text()))
def test_a_choice_survives_its_file(choice: Choice) -> None:
    assert choice_of(choice_text(choice)) == choice


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b'{"in_use": "../../etc"}',
        b'{"in_use": 3}',
        b'{"serial": "x"}',
        b'{"starts": -1}',
        b'{"refused": 3}',
    ],
)
def test_a_broken_file_is_no_choice(broken: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        choice_of(broken)
