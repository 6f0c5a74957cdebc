"""Fixtures and settings of all tests."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import hypothesis
import pytest

from babycryd.system.worker_process import WorkerProcess
from tests.support.patience import HANG_S
from tests.support.real_time import preferred, real_time

pytest_plugins = ["tests.support.guard", "tests.support.virtual_time"]

# The tests start hundreds of programs: each would compile the modules anew where bytecode is not kept
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that begins the tests in its background lets them, and all their programs, ignore Ctrl+C
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no fault of the code
hypothesis.settings.register_profile("babycryd", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("babycryd")

ROOT = Path(__file__).parent.parent
_WAITING_ENDS_AT = 0.8  # of the suite: a test that takes a minute should not begin last


@pytest.fixture
async def pictures() -> AsyncIterator[WorkerProcess]:
    """The process that draws pictures; it is ended with the test."""
    process = WorkerProcess()
    yield process
    await process.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips slow tests unless they are wanted; the others of the running daemon are in real time, as it is.

    Tests of the running daemon wait, and the others compute: they take turns, so that both cores have work to the end.
    """
    slow_too = os.environ.get("BABYCRYD_SLOW") == "1"
    of_the_daemon = {path for path in {item.path for item in items} if path.is_relative_to(ROOT / "tests" / "e2e")}
    for item in items:
        if "slow" not in item.keywords:
            if item.path in of_the_daemon:
                item.add_marker(pytest.mark.real_time)
        elif not slow_too:
            item.add_marker(pytest.mark.skip(reason="slow: set BABYCRYD_SLOW=1 to run it"))
    waiting = [item for item in items if item.path in of_the_daemon]
    computing = [item for item in items if item.path not in of_the_daemon]
    turns = {item: _WAITING_ENDS_AT * turn / len(waiting) for turn, item in enumerate(waiting)}
    turns |= {item: turn / len(computing) for turn, item in enumerate(computing)}
    items.sort(key=lambda item: turns[item])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Raises the priority of tests in real time, or a busy machine would lose blocks of their sound."""
    with _priority_of(item):
        return (yield)


def _priority_of(item: pytest.Item) -> AbstractContextManager[None]:
    if "soundcard" in item.keywords:
        return real_time()
    return preferred() if "real_time" in item.keywords else nullcontext()


@pytest.fixture(autouse=True)
def patient_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are killed have the time of a busy machine to end: none is left behind for another test."""
    monkeypatch.setattr("babycryd.system.isolated_call._KILL_LIMIT_S", HANG_S)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings that tests may listen to; not part of the project."""
    folder = Path(os.environ.get("BABYCRYD_SHARED", ROOT.parent / "shared"))
    if not (folder / "audio" / "manifest.csv").exists():
        pytest.skip(f"no recordings in {folder}: set BABYCRYD_SHARED to the folder that has them")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
