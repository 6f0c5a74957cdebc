"""Who lives in simulated homes: the confusers that raise alarms in turn, each home with a baby of its own."""

import pytest

from training.evaluation import home_cast
from training.evaluation.home_cast import FIRST_CHOSEN, ConfuserAlarms, chosen_homes, most_alarms_first

ALARMS = [
    ConfuserAlarms("crow", "crow", 1, 3, 40),
    ConfuserAlarms("dog", "dog", 2, 30, 40),
    ConfuserAlarms("cat", "cat", 4, 3, 40),
    ConfuserAlarms("quiet", "hen", 1, 0, 40),
]


def test_the_confusers_that_raise_alarms_move_in_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_cast, "_babies", lambda: ["anna", "ben", "cleo", "dan", "eva"])
    homes = chosen_homes(10, ALARMS)
    assert [one.confuser for one in homes] == ["dog", "cat", "crow", "dog", "cat"]
    assert [one.baby for one in homes] == ["eva", "dan", "cleo", "ben", "anna"]
    assert [one.other_recordings for one in homes] == [True, True, False, True, True]
    assert all(one.chosen for one in homes)
    assert homes[0].number == FIRST_CHOSEN
    assert chosen_homes(2, ALARMS) == homes[:2]


def test_confusers_are_compared_by_the_share_of_renderings_with_an_alarm() -> None:
    some = [ConfuserAlarms("often", "cat", 1, 3, 4), ConfuserAlarms("seldom", "cat", 1, 4, 40)]
    assert [one.group for one in most_alarms_first(some[::-1])] == ["often", "seldom"]
