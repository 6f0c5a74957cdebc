"""The rooms of the training code import downwards only: data < synthesis < model < evaluation < release < cloud."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import training

PACKAGE = Path(training.__file__).parent
ROOMS = ("data", "synthesis", "model", "evaluation", "release", "cloud")


def rooms_imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("training."))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_itself_and_the_rooms_below(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert len(files) > 3
    for path in files:
        assert set(rooms_imported_by(path)) <= allowed, path


def test_every_module_stands_in_a_room() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py"}
