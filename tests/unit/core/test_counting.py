"""Numbers with their noun."""

import pytest

from babycryd.core.counting import counted


@pytest.mark.parametrize(
    ("number", "noun", "told"),
    [
        (0, "mark", "0 marks"),
        (1, "mark", "1 mark"),
        (2, "entry", "2 entries"),
        (1, "cry", "1 cry"),
        (3, "cry", "3 cries"),
    ],
)
def test_one_is_no_plural(number: int, noun: str, told: str) -> None:
    assert counted(number, noun) == told
