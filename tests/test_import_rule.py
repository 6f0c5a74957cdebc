"""The walls of the house: who may import whom."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import babycryd

PACKAGE = Path(babycryd.__file__).parent
ROOMS = {
    "capture",
    "soothe",
    "publish",
    "feedback",
    "history",
    "clips",
    "web",
    "offload",
}  # they meet on the bus, never each other
CORE = {"babycryd.events", "babycryd.settings"}
CLOCKS = {"asyncio", "logging", "time", "threading", "socket", "subprocess", "os", "io", "random"}
TFLITE = PACKAGE / "detect" / "tflite.py"  # the one file of detect/ that does I/O


def imports_of(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_pure(path: Path) -> bool:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return (path.parent == PACKAGE / "detect" and path != TFLITE) or docstring.startswith("PURE")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def breaches_of_purity(path: Path) -> list[str]:
    """What a pure module imports besides numpy, the standard library without clocks, and other pure modules."""
    breaches = []
    for name in imports_of(path):
        top = name.split(".")[0]
        if top in CLOCKS:
            breaches.append(name)
        elif top == "babycryd" and name not in CORE and name.rpartition(".")[0] not in CORE:
            target = PACKAGE.parent / (name.replace(".", "/") + ".py")
            if target.exists() and not is_pure(target):
                breaches.append(name)
        elif top not in {"babycryd", "numpy"} and top not in sys.stdlib_module_names:
            breaches.append(name)
    return breaches


@pytest.mark.parametrize("path", [each for each in modules() if is_pure(each)], ids=lambda path: path.stem)
def test_pure_modules_import_no_clock_no_io_and_no_room(path: Path) -> None:
    assert breaches_of_purity(path) == []


def test_the_rule_can_fail() -> None:
    assert breaches_of_purity(PACKAGE / "bus.py") == ["asyncio"]


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_rooms_never_import_one_another(room: str) -> None:
    others = {f"babycryd.{other}" for other in ROOMS - {room}}
    for path in (PACKAGE / room).rglob("*.py"):
        for name in imports_of(path):
            assert ".".join(name.split(".")[:2]) not in others, f"{path}: {name}"


def test_only_the_composition_roots_import_the_config() -> None:
    allowed = {"cli.py", "daemon.py", "parts", "config", "commands"}
    for path in modules():
        if path.relative_to(PACKAGE).parts[0] in allowed:
            continue
        assert not any(name.startswith("babycryd.config") for name in imports_of(path)), path


def test_the_daemon_never_imports_training() -> None:
    for path in modules():
        assert not any(name.split(".")[0] in {"training", "benchmarks", "tests"} for name in imports_of(path)), path
