"""The state is "listening" only while sound is judged."""

import pytest

from babycryd.core.liveness import CLASSIFIED_LIMIT_S, JUDGED_LIMIT_S, liveness


def test_listening_is_what_was_judged_and_classified_a_moment_ago() -> None:
    now = liveness(100.0, deaf=None, heard_from_s=0.0, judged_s=99.8, classified_s=60.0)
    assert now.listening
    assert now.reason is None
    assert now.judged_ago_s == pytest.approx(0.2)
    assert now.classified_ago_s == 40.0


@pytest.mark.parametrize(
    ("judged_s", "classified_s", "reason"),
    [
        (None, None, "nothing has been judged yet"),
        (99.9, None, "nothing has been judged yet"),
        (100 - JUDGED_LIMIT_S - 1, 99.0, "none has been judged for 3 s"),
        (99.9, 100 - CLASSIFIED_LIMIT_S + 50 - 51, "the classifier has given no score for 151 s"),
    ],
)
def test_each_part_that_stands_still_is_named(judged_s: float | None, classified_s: float | None, reason: str) -> None:
    now = liveness(100.0, deaf=None, heard_from_s=-100.0, judged_s=judged_s, classified_s=classified_s)
    assert not now.listening
    assert reason in str(now.reason)


def test_a_deaf_microphone_goes_before_all_else() -> None:
    now = liveness(100.0, deaf="unplugged", heard_from_s=0.0, judged_s=None, classified_s=None)
    assert now.reason == "unplugged"


def test_a_microphone_that_came_back_has_not_been_silent_since_it_left() -> None:
    def at(now_s: float) -> bool:
        return liveness(now_s, deaf=None, heard_from_s=1000.0, judged_s=500.0, classified_s=500.0).listening

    assert at(1000.5)
    assert not at(1000.0 + JUDGED_LIMIT_S + 0.1)
