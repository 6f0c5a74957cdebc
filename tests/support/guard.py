"""Guard: a home of its own for the tests, and a failure for each test that writes outside the folders of tests.

A pytest plugin; tests/conftest.py takes it in. It knows three ways out:

- A program with its default settings writes into the home: the home is a temporary one, and its folders of babycryd
  stay empty.
- The test's own process opens a file for writing, makes a folder or removes one: Python's audit events name the place.
- Any program adds a file to the checkout: the list of its files grows. A file that a program of a test overwrites
  shows in `git status` only.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_REAL_HOME: Final = Path.home()
HOME: Final = Path(tempfile.mkdtemp(prefix="babycryd-home-"))
_PLACES: Final = (".local/state/babycryd", ".local/share/babycryd", ".config/babycryd", ".cache/babycryd")
_CACHES: Final = frozenset({"__pycache__", "build", "dist", "babycryd.egg-info"})  # besides hidden ones
_SHARED: Final = tuple(Path(each).resolve() for each in (tempfile.gettempdir(), "/dev", "/proc", "/sys/fs"))
_HOME_ASSISTANT: Final = Path(os.environ.get("BABYCRYD_HA_ROOT", _REAL_HOME / ".cache/babycryd/home-assistant"))
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TICK_NS: Final = 50_000_000  # the clock of files goes in steps: two changes in one have the same time
_UNSETTLED: Final = -1  # in place of the time of a folder that is to be read again
# Events that change a place, and the position of the place and of the descriptor of its folder among their arguments
_CHANGES: Final = {
    "os.mkdir": (0, 2),
    "os.remove": (0, 1),
    "os.rmdir": (0, 1),
    "os.rename": (1, 3),
    "os.link": (1, 3),
    "os.symlink": (1, 2),
}


def move_home() -> None:
    """Gives this process and all that it starts the temporary home; downloads of the slow tests stay where they are."""
    os.environ["BABYCRYD_HA_ROOT"] = str(_HOME_ASSISTANT)
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]  # the defaults are in the home
    runtime = HOME / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ |= {"HOME": str(HOME), "XDG_RUNTIME_DIR": str(runtime)}


class Guard:
    """Notes what is written outside the folders of tests; `take` hands it over."""

    def __init__(self, home: Path, checkout: Path) -> None:
        self._home = home
        self._checkout = checkout
        self._written: list[str] = []
        self._ended = False
        self._folders: dict[str, int] = {}  # of the checkout, with the time of their last change, ns
        self._known = set(_files_in(checkout, self._folders))

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """For `sys.addaudithook`."""
        if self._ended:
            return
        if event == "open" and arguments[2] & _WRITING:
            self._note_place(arguments[0])
        elif event in _CHANGES:
            place, folder = (arguments[position] for position in _CHANGES[event])
            self._note_place(place if folder == -1 else Path("/proc/self/fd", str(folder), os.fsdecode(place)))

    def end(self) -> None:
        """Notes nothing more: the hook outlives the modules, when the interpreter takes itself apart."""
        self._ended = True

    def take(self) -> list[str]:
        """Paths that were written since the last call; what is in the home is deleted."""
        found, self._written = self._written, []
        for place in (self._home / each for each in _PLACES):
            if place.exists():
                found += [str(place), *(str(path) for path in place.rglob("*"))]
                shutil.rmtree(place)
        if any(_changed_ns(folder) != known_ns for folder, known_ns in self._folders.items()):
            self._folders = {}
            now = set(_files_in(self._checkout, self._folders))
            found += sorted(now - self._known)
            self._known = now
        return found

    def _note_place(self, given: object) -> None:
        if not isinstance(given, str | bytes | os.PathLike):  # a descriptor, which was opened before
            return
        path = Path(os.path.abspath(os.fsdecode(given)))  # noqa: PTH100  # resolve() follows the last link as well
        if path.parent.is_dir() and not _is_for_tests(real := path.parent.resolve() / path.name):
            self._written.append(str(real))


def _is_for_tests(path: Path) -> bool:
    if any(path.is_relative_to(folder) for folder in (*_SHARED, _HOME_ASSISTANT.resolve())):
        return True
    if "__pycache__" in path.parts:  # of Python and its libraries, which may stand anywhere
        return True
    return path.is_relative_to(ROOT) and any(map(_is_cache, path.relative_to(ROOT).parts))


def _is_cache(name: str) -> bool:
    return name in _CACHES or name.startswith(".")


def _files_in(folder: str | Path, folders: dict[str, int]) -> Iterator[str]:
    """Paths of all files below, but for hidden ones and caches; notes when each of the folders has changed."""
    changed_ns = _changed_ns(folder)  # before it is read: what is added meanwhile shows the next time
    folders[str(folder)] = changed_ns if time.time_ns() - changed_ns > _TICK_NS else _UNSETTLED
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_cache(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_in(entry.path, folders)
            else:
                yield entry.path


def _changed_ns(folder: str | Path) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116  # for each of the folders after each test
    except FileNotFoundError:
        return 0


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    guard = Guard(HOME, ROOT)
    sys.addaudithook(guard.note)
    yield guard
    guard.end()


@pytest.fixture(autouse=True)
def stays_in_its_folder(guard: Guard) -> Iterator[None]:
    """Fails a test that has written outside the folders of tests."""
    yield
    if written := guard.take():
        pytest.fail("written outside the folder of the test:\n" + "\n".join(written))


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(partial(shutil.rmtree, HOME, ignore_errors=True))


move_home()
