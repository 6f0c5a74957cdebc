"""The package `tests` is this one, whatever a library installs under the same name."""

from pathlib import Path

import tests


def test_a_package_of_the_same_name_cannot_take_its_place() -> None:
    """A folder without __init__.py gives way to any installed package, such as that of dcase_util."""
    assert tests.__file__ is not None
    assert Path(tests.__file__).parent == Path(__file__).parents[2]
