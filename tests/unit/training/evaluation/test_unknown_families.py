"""A threshold promises for families that it has not met, and each family is judged without having taken part."""

import numpy as np
import pytest

from training.data.distractor_families import FAMILIES, REST, family_of
from training.evaluation.scoring import VotedScene
from training.evaluation.unknown_families import (
    LIVELY_PER_HOUR,
    FamilyAlarms,
    family_alarms,
)
from training.synthesis.scenes import CryEvent, DistractorEvent

SOUNDS = 200  # of each family


def made_up(*shares: float, hours: float = 20.0) -> FamilyAlarms:
    """Families of whose sounds these shares raise an alarm at a threshold of 0, and e times fewer for each logit."""
    thresholds = np.linspace(6.0, -3.0, 91)
    fall = np.exp(-thresholds)[:, None]
    alarms = np.minimum(np.round(SOUNDS * np.array(shares) * fall), SOUNDS).astype(int)
    background = np.zeros(len(thresholds), int)
    names = tuple(f"family {number}" for number in range(len(shares)))
    sounds = np.full(len(shares), SOUNDS)
    return FamilyAlarms(thresholds, names, sounds, alarms, background, np.linspace(0.2, 0.9, 91), hours)


ALIKE = made_up(*[0.05] * 10)
UNLIKE = made_up(0.3, *[0.01] * 9)


def test_a_rate_that_is_too_low_to_be_counted_is_on_the_extended_line() -> None:
    homes = ALIKE.homes()
    assert homes.fall == pytest.approx(-1.0, abs=0.1)
    lax, strict = (homes.rate(threshold, LIVELY_PER_HOUR).mean for threshold in (0.0, 5.0))
    assert lax == pytest.approx(0.05 * LIVELY_PER_HOUR, rel=0.3)
    assert strict / lax == pytest.approx(np.exp(5 * homes.fall))


def test_homes_that_differ_need_a_stricter_threshold_for_the_same_mean() -> None:
    same = made_up(*[(0.3 + 9 * 0.01) / 10] * 10)
    assert UNLIKE.homes().promise() > same.homes().promise() + 0.5
    assert UNLIKE.homes().rate(2.0, LIVELY_PER_HOUR).high > 3 * UNLIKE.homes().rate(2.0, LIVELY_PER_HOUR).mean / 2


def test_nineteen_of_twenty_homes_keep_the_promise() -> None:
    homes = UNLIKE.homes()
    rate = homes.rate(homes.promise(2.0, share=0.95), LIVELY_PER_HOUR)
    assert rate.high == pytest.approx(2.0)
    assert rate.mean < 2.0


def test_a_calm_night_has_fewer_false_alarms_but_not_none() -> None:
    homes = ALIKE.homes()
    lively, calm = (homes.rate(1.0, sounds) for sounds in (LIVELY_PER_HOUR, 6.0))
    assert 0 < calm.mean < lively.mean / 5


def test_a_family_of_few_sounds_is_not_harmless_because_none_of_them_raised_an_alarm() -> None:
    quiet = made_up(0.05, 0.0)
    few = FamilyAlarms(
        quiet.thresholds,
        quiet.families,
        np.array([SOUNDS, 5]),
        quiet.alarms,
        quiet.background,
        quiet.recall,
        quiet.hours,
    )
    assert few.homes().promise() > quiet.homes().promise()


def test_the_loudest_family_breaks_the_promise_of_a_threshold_that_has_not_met_it() -> None:
    worst, *others = UNLIKE.left_out()
    assert worst.threshold < others[0].threshold
    assert worst.per_hour > 3
    assert all(one.per_hour <= 1 for one in others)


def test_families_that_are_alike_keep_it() -> None:
    assert all(one.per_hour <= 1.5 for one in ALIKE.left_out())


def test_too_few_false_alarms_are_said() -> None:
    with pytest.raises(ValueError, match="judge more hours"):
        made_up(0.0, 0.0).homes()


def test_recall_is_that_of_the_laxest_threshold_that_is_strict_enough() -> None:
    assert ALIKE.recall_at(-3.0) == pytest.approx(0.9)
    assert ALIKE.recall_at(7.0) == 0.0
    assert ALIKE.recall_at(5.95) == ALIKE.recall_at(6.0) == pytest.approx(0.2)


def scene(kind: str, height: float) -> VotedScene:
    """An hour: a cry at a minute, a sound of one kind at ten minutes, and an alarm of the bed at twenty."""
    voted = np.linspace(-9, -8, 15_000)
    voted[250:290] = 4.0
    voted[2500:2505] = height
    voted[5000:5010] = 1.0
    event = CryEvent(60.0, 70.0, 20.0, "baby", over_lullaby=False)
    return VotedScene(voted, (event,), (DistractorEvent(600.0, 1.5, kind),), 3600.0, "fan", "plain")


def test_alarms_are_counted_by_family_and_the_bed_for_itself() -> None:
    counted = family_alarms([scene("cat", 3.0), scene("rooster", -1.0), scene("owl", 2.0)])
    assert counted.families == ("cats", "other animals")
    assert counted.sounds.tolist() == [1, 2]
    assert counted.alarms[counted.at(2.5)].tolist() == [1, 0]
    assert counted.alarms[counted.at(1.5)].tolist() == [1, 1]
    assert counted.background[counted.at(1.5)] == 0
    assert counted.background[counted.at(0.0)] == 3
    assert counted.recall_at(3.9) == 1.0


def test_every_kind_has_one_family() -> None:
    kinds = [kind for of in FAMILIES.values() for kind in of]
    assert len(kinds) == len(set(kinds))
    assert family_of("cat") == "cats"
    assert family_of("mouse_click") == REST
