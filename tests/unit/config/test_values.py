"""Values become what the declarations say, and nothing is taken for something else."""

from pathlib import Path
from typing import Any, Literal

import pytest

from babycryd.config.values import NotAllowedError, converted
from babycryd.core.setting import Setting

ANY, PERCENT = Setting(""), Setting("", low=0, high=100)


@pytest.mark.parametrize(
    ("value", "kind", "about", "expected"),
    [
        (3, int, PERCENT, 3),
        (3, float, PERCENT, 3.0),
        (100, int, PERCENT, 100),
        (True, bool, ANY, True),
        ("mix", Literal["mix"] | int, ANY, "mix"),
        (2, Literal["mix"] | int, ANY, 2),
        ("/a", Path | None, ANY, Path("/a")),
        (None, Path | None, ANY, None),
        ("", str, ANY, ""),
    ],
)
def test_an_allowed_value_has_the_declared_type(value: Any, kind: Any, about: Setting, expected: Any) -> None:
    found = converted(value, kind, about)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind", "about"),
    [
        (True, int, ANY),
        (True, float, ANY),
        (1.0, int, ANY),
        (1, bool, ANY),
        (1, str, ANY),
        ("1", int, ANY),
        (None, str, ANY),
        (-1, int, PERCENT),
        (100.5, float, PERCENT),
        (float("nan"), float, ANY),
        (float("inf"), float, ANY),
        (10**400, float, ANY),
        (1, Path | None, ANY),
        ("mi", Literal["mix"] | int, ANY),
        (["mix"], Literal["mix"], ANY),
        ({}, str | None, ANY),
    ],
)
def test_no_value_is_taken_for_another(value: Any, kind: Any, about: Setting) -> None:
    with pytest.raises(NotAllowedError):
        converted(value, kind, about)
