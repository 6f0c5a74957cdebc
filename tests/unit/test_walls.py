"""The walls of the house: which room may import which."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import babycryd

PACKAGE = Path(babycryd.__file__).parent
# From the ground up: a room imports from floors below its own, and never from another room of its own floor.
# `config` puts the settings of every room together; only the rooms above it read the result.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"core"}),
    frozenset({"audio", "i18n", "system"}),
    frozenset({"detect", "demo", "echo"}),
    frozenset(
        {
            "capture",
            "soothe",
            "mqtt",
            "notify",
            "offload",
            "history",
            "clips",
            "listen_in",
            "model_channel",
            "feedback",
            "web",
            "report",
            "overview",
        }
    ),
    frozenset({"engine"}),
    frozenset({"monitoring"}),
    frozenset({"control"}),
    frozenset({"config"}),
    frozenset({"editing"}),
    frozenset({"daemon", "backup"}),
    frozenset({"cli"}),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
PURE_ROOMS = {"audio", "detect", "echo"}
IMPURE = {"detect/tflite.py", "detect/second_tflite.py", "echo/speexdsp.py"}  # read model files, load a library
PURE_CORE = {"babycryd.core.events", "babycryd.core.setting"}
CLOCKS = {"asyncio", "logging", "time", "threading", "socket", "subprocess", "os", "io", "random"}
PURE_LIBRARIES = {"babycryd", "numpy", "soxr"}  # soxr: samples in, samples out


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """`capture` for babycryd/capture/inbox.py; empty for what stands in the root."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def is_pure(path: Path) -> bool:
    if path.relative_to(PACKAGE).as_posix() in IMPURE:
        return False
    docstring = ast.get_docstring(tree_of(path)) or ""
    return room_of(path) in PURE_ROOMS or docstring.startswith("PURE")


def breaches_of_purity(path: Path) -> list[str]:
    """What a pure module imports besides numpy, the standard library without clocks, and other pure modules."""
    breaches = []
    for name in imports_of(path):
        top = name.split(".")[0]
        if top in CLOCKS:
            breaches.append(name)
        elif top == "babycryd" and name not in PURE_CORE and name.rpartition(".")[0] not in PURE_CORE:
            target = PACKAGE.parent / (name.replace(".", "/") + ".py")
            if target.exists() and not is_pure(target):
                breaches.append(name)
        elif top not in PURE_LIBRARIES and top not in sys.stdlib_module_names:
            breaches.append(name)
    return breaches


def breaches_of_floors(path: Path) -> list[str]:
    """Imports from a room on the same floor or above."""
    room = room_of(path)
    targets = {name.split(".")[1] for name in imports_of(path) if name.startswith("babycryd.")}
    return sorted(each for each in targets & FLOOR_OF.keys() - {room} if FLOOR_OF[each] >= FLOOR_OF[room])


def test_the_root_holds_rooms_and_nothing_else() -> None:
    loose = {each.name for each in PACKAGE.iterdir() if each.is_file()}
    rooms = {each.name for each in PACKAGE.iterdir() if each.is_dir() and each.name != "__pycache__"}
    assert loose == {"__init__.py", "__main__.py", "py.typed"}
    assert rooms == FLOOR_OF.keys()


def test_pure_modules_import_no_clock_and_no_io() -> None:
    pure = [each for each in modules() if is_pure(each)]
    assert len(pure) > 50
    assert {each: breaches for each in pure if (breaches := breaches_of_purity(each))} == {}


def test_rooms_import_from_the_floors_below_only() -> None:
    inside = [each for each in modules() if room_of(each)]
    assert len(inside) > 300
    assert {each: breaches for each in inside if (breaches := breaches_of_floors(each))} == {}


def test_the_rules_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert breaches_of_purity(PACKAGE / "core" / "bus.py") == ["asyncio"]
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "capture").mkdir()
    breach = tmp_path / "capture" / "breach.py"
    breach.write_text(
        "from babycryd.core import bus\nfrom babycryd.soothe import mixer\nfrom babycryd.cli import run\n"
    )
    assert breaches_of_floors(breach) == ["cli", "soothe"]


def test_the_daemon_never_imports_training() -> None:
    for path in modules():
        assert not any(name.split(".")[0] in {"training", "benchmarks", "tests"} for name in imports_of(path)), path


def test_no_cancellation_is_lost() -> None:
    """`asyncio.wait_for` loses one before Python 3.12 where what it waits for is done in the same step of the loop."""
    assert [path for path in modules() if "asyncio.wait_for(" in path.read_text("utf-8")] == []
