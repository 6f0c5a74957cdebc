"""The environment of an installation: built beside the running one, tried, swapped in; a failure changes nothing."""

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from babycryd.monitoring.update_check import failed_update
from tests.support.patience import HANG_S, wait_until

SCRIPT = Path(__file__).parents[3] / "packaging" / "debian" / "environment"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
MAIN = "import common_part, own_part\ndef main():\n    print('babycryd', {version!r})\n"
HANGS = "import time\ndef main():\n    print(flush=True)\n    time.sleep(60)\n"
FAILS = "raise ImportError('broken')\n"


class Installation:
    """`/opt/babycryd` and `/usr/share/babycryd` in a folder."""

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        self.root = root or folder / "opt"
        self.share = folder / "share"
        self.share.mkdir()

    def ship(self, version: str, main: str = MAIN, python: str = PYTHON, size: int = 10) -> None:
        """The package's files of this version."""
        files = {
            "common/common_part.py": b"",
            f"{python}/own_part.py": b"",
            "9.9/other.py": b"",
            "common/x": bytes(size),
        }
        with tarfile.open(self.share / "site.tar.xz", "w:xz") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        with zipfile.ZipFile(self.share / "babycryd-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("babycryd/__init__.py", "")
            wheel.writestr("babycryd/cli/__init__.py", "")
            wheel.writestr("babycryd/cli/main.py", main.format(version=version))

    def do(self, action: str, umask: int = 0o022, env: Mapping[str, str] | None = None) -> int:
        done = subprocess.run(
            self.command(action), umask=umask, env={**os.environ, **(env or {})}, check=False, capture_output=True
        )
        return done.returncode

    def command(self, action: str) -> list[str]:
        folders = ["--root", str(self.root), "--share", str(self.share)]
        return [sys.executable, "-I", str(SCRIPT), action, *folders, "--user", "root"]

    def version(self, env: Mapping[str, str] | None = None) -> str:
        """What the command answers."""
        command = [str(self.root / "bin" / "babycryd"), "--version"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **(env or {})})
        return done.stdout.strip()

    def environments(self) -> list[Path]:
        return sorted(self.root.glob("env-*"))


@pytest.fixture
def one(tmp_path: Path) -> Installation:
    """Version 1 is installed."""
    if os.geteuid() != 0:
        pytest.skip("an installation needs root")
    installation = Installation(tmp_path)
    installation.ship("1")
    assert installation.do("make") == 0
    assert installation.version() == "babycryd 1"
    return installation


def test_the_next_version_is_swapped_in_and_the_earlier_one_stays_until_it_is_swept(one: Installation) -> None:
    one.ship("2")
    assert one.do("make") == 0
    assert one.version() == "babycryd 2"
    assert len(one.environments()) == 2
    (one.root / "update-undone").write_text("an update was undone")  # of packaging/debian/update, and the page shows it
    assert one.do("sweep") == 0
    assert one.version() == "babycryd 2"
    kept = {"bin", "current", one.environments()[0].name, "update-undone"}
    assert {path.name for path in one.root.iterdir()} == kept


def test_it_is_compiled_and_holds_nothing_of_another_python(one: Installation) -> None:
    (site,) = one.environments()[0].glob("lib/python*/site-packages")
    (compiled,) = site.glob("__pycache__/own_part*.pyc")
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 3, "compared by times, which containers change"
    assert not list(site.glob("other*"))
    assert not list(site.glob("pip*"))


def test_the_same_parts_have_the_same_name(one: Installation) -> None:
    first = current(one)
    shutil.rmtree(one.root)
    assert one.do("make") == 0
    assert current(one) == first


def break_archive(one: Installation) -> None:
    path = one.share / "site.tar.xz"
    path.write_bytes(path.read_bytes()[:-40])


def change_archive(one: Installation) -> None:
    """One bit of the checksum of its content, in front of index (16 bytes here) and footer (12)."""
    path = one.share / "site.tar.xz"
    content = bytearray(path.read_bytes())
    content[-30] ^= 1
    path.write_bytes(content)


def break_wheel(one: Installation) -> None:
    (path,) = one.share.glob("*.whl")
    path.write_bytes(path.read_bytes()[40:])


FAULTS = {
    "archive cut off": break_archive,
    "archive changed": change_archive,
    "archive gone": lambda one: (one.share / "site.tar.xz").unlink(),
    "wheel damaged": break_wheel,
    "no such Python": lambda one: one.ship("2", python="9.8"),
    "does not answer": lambda one: one.ship("2", main=FAILS),
    "is no Python": lambda one: one.ship("2", main="def main(:\n"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_failure_leaves_the_earlier_one(one: Installation, fault: object) -> None:
    before = (one.root / "current").readlink()
    one.ship("2")
    assert callable(fault)
    fault(one)
    assert one.do("make") != 0
    assert (one.root / "current").readlink() == before
    assert one.version() == "babycryd 1"
    assert len(one.environments()) == 1
    assert failed_update(one.environments()[0]), "the page tells nothing"
    for each in one.share.iterdir():
        each.unlink()
    one.ship("3")
    assert one.do("make") == 0
    assert failed_update(one.root / (one.root / "current").readlink()) is None


def test_a_full_disk_leaves_the_earlier_one(tmp_path: Path, small_disk: Path) -> None:
    installation = Installation(tmp_path, small_disk / "opt")
    installation.ship("1")
    assert installation.do("make") == 0
    installation.ship("2", size=2_000_000)
    assert installation.do("make") != 0
    assert installation.version() == "babycryd 1"
    assert len(installation.environments()) == 1


def test_one_that_was_killed_leaves_the_earlier_one_and_the_next_cleans_up(one: Installation) -> None:
    one.ship("2", main=HANGS)
    process = subprocess.Popen(one.command("make"), start_new_session=True)

    def made() -> bool:
        return any((path / "bin" / "babycryd").exists() for path in one.environments() if path.name != current(one))

    wait_until(made, HANG_S, one.environments)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert one.version() == "babycryd 1"
    assert len(one.environments()) == 2
    one.ship("3")
    assert one.do("make") == 0
    assert one.do("sweep") == 0
    assert one.version() == "babycryd 3"
    assert len(one.environments()) == 1


def current(one: Installation) -> str:
    return str((one.root / "current").readlink())


def test_the_same_parts_are_not_built_twice_unless_they_do_not_answer(one: Installation) -> None:
    before = current(one)
    assert one.do("make") == 0
    assert current(one) == before
    (damaged,) = (one.root / "current").glob("lib/python*/site-packages/babycryd/cli/main.py")
    damaged.write_text(FAILS)
    assert one.do("make") == 0
    assert current(one) != before
    assert one.version() == "babycryd 1"


def test_every_user_may_read_it_whatever_the_umask(one: Installation) -> None:
    one.ship("2")
    assert one.do("make", umask=0o077) == 0
    shut = [
        path
        for path in (one.root / "current").resolve().rglob("*")
        if not path.is_symlink() and path.stat().st_mode & 0o044 != 0o044
    ]
    assert shut == []
    assert (one.root / "current").stat().st_mode & 0o055 == 0o055
    assert os.access(one.root / "bin" / "babycryd", os.X_OK)


def test_what_this_computer_says_to_python_and_pip_counts_nothing(one: Installation, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    (hostile / "babycryd").mkdir(parents=True)
    for name in ("tarfile.py", "venv.py", "sitecustomize.py", "common_part.py", "babycryd/__init__.py"):
        (hostile / name).write_text("raise SystemExit(7)\n")
    (hostile / "pip.conf").write_text("[global]\ntarget = /nowhere\nrequire-virtualenv = true\nindex-url = http://x\n")
    env = {
        "PYTHONPATH": str(hostile),
        "PYTHONHOME": str(hostile),
        "PYTHONSTARTUP": str(hostile / "venv.py"),
        "PIP_CONFIG_FILE": str(hostile / "pip.conf"),
        "PIP_TARGET": str(hostile),
        "PIP_NO_BINARY": ":all:",
        "HOME": str(hostile),
    }
    one.ship("2")
    assert one.do("make", env=env) == 0
    assert one.version(env) == "babycryd 2"


def test_the_layout_of_the_first_release_is_taken_over(tmp_path: Path) -> None:
    """A plain virtual environment in /opt/babycryd; it works until the daemon runs in the new one."""
    if os.geteuid() != 0:
        pytest.skip("an installation needs root")
    installation = Installation(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", installation.root], check=True)
    program = installation.root / "bin" / "babycryd"
    program.write_text(f"#!{installation.root}/bin/python\nprint('babycryd 0')\n")
    program.chmod(0o755)
    (installation.root / "made-of").write_text("something")
    installation.ship("1", main=FAILS)
    assert installation.do("make") != 0
    assert installation.version() == "babycryd 0"
    installation.ship("1")
    assert installation.do("make") == 0
    assert installation.version() == "babycryd 1"
    assert (installation.root / "bin" / "python").exists()
    assert installation.do("sweep") == 0
    assert installation.version() == "babycryd 1"
    assert {path.name for path in installation.root.iterdir()} == {
        "bin",
        "current",
        installation.environments()[0].name,
    }
    assert [path.name for path in (installation.root / "bin").iterdir()] == ["babycryd"]
    shutil.rmtree(installation.root)
