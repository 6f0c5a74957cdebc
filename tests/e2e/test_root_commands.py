"""Every command as root over a state folder full of planted links and pipes: nothing outside is changed or owned.

By default each call of a command meets one folder with all kinds, and each file is each kind in turn. With
BABYCRYD_SLOW=1 each call meets a folder full of each kind.
"""

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.backup.archive import write_archive
from babycryd.cli.main import COMMANDS
from tests.support.daemon import write_config
from tests.support.patience import CLOCK_HANG_S
from tests.support.ports import free_port
from tests.support.signed_models import Signer, another_model, offer

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can follow every link")

SIGNER = Signer()  # of the models
DAEMON = 12_345  # the daemon's user
EPISODE = "20261122T031502480Z"
DATABASES = ("history.sqlite3", "outbox.sqlite3", "offload.sqlite3", "alerts.sqlite3")
SMALL = (
    *(
        "controls.json",
        "feedback.json",
        "feedback-recent.json",
        "feedback.lock",
        "feedback.partial",
        "web-sessions.json",
        "web-password",
    ),
    *("home.json", "home.lock", "soothing.json", "loudness.json", "push.json"),
    *("models.json", "models.lock", "models-shadow.json"),
    *("export.csv", "report.html", "report.png", "night.wav", "bundle.tar.gz", "backup.zip", "babycryd.yaml.bak-v1"),
)
ASKING = {"lullaby": ["stop"], "selftest": [], "snooze": ["off"], "status": [], "volume": ["40"]}  # the daemon
CALLS: dict[str, list[list[str]]] = {
    "backup": [["{state}/backup.zip", "--with-voices", "--with-secrets"]],
    "check-config": [["{config}"], ["--migrate", "{config}"]],
    "clips": [["list"], ["delete", "--all"], ["delete", EPISODE]],
    "demo": [["--wav", "{state}/night.wav"]],
    "devices": [[]],
    "doctor": [["--bundle", "{state}/bundle.tar.gz"]],
    "feedback": [["--list"], ["false"], ["true", "--episode", EPISODE], ["--forget"]],
    "history": [["export"], ["export", "--out", "{state}/export.csv"]],
    "model": [["list"], ["update"], ["switch", "--now"], ["rollback"]],
    "mqtt": [["unpublish"]],
    "offload": [["ledger"]],
    "passwd": [[], ["--remove"]],
    "replay": [["{folder}/silence.wav"]],
    "report": [[], ["--out", "{state}/report.html"], ["--out", "{state}/report.png"]],
    "restore": [["{folder}/backup.zip"]],
    "run": [["--recording", "{folder}/silence.wav"]],
    "soothing": [[], ["--forget"]],
    **{command: [words] for command, words in ASKING.items()},
}
CONFIGURED = set(COMMANDS) - {"check-config", "demo", "devices"}
NUMBERED = list(enumerate((command, arguments) for command, calls in CALLS.items() for arguments in calls))
Plant = Callable[[Path, Path], None]  # path in the state folder, what lies outside


def link(path: Path, target: Path) -> None:
    path.symlink_to(target)
    os.lchown(path, DAEMON, DAEMON)


def hard_link(path: Path, target: Path) -> None:
    if not target.is_dir():
        os.link(target, path)


def pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)
    os.chown(path, DAEMON, DAEMON)


PLANTS: tuple[Plant, ...] = (link, hard_link, pipe)


def planted_in_turn(first: int) -> Plant:
    """A plant of another kind for each path, of which the first one has this number."""
    kinds = itertools.cycle(PLANTS[first % 3 :] + PLANTS[: first % 3])

    def plant(path: Path, target: Path) -> None:
        next(kinds)(path, target)

    return plant


class Folders:
    """A state folder of the daemon's user, and root's own files beside it."""

    def __init__(self, folder: Path, plant: Plant) -> None:
        self.folder, self.state, self.outside = folder, folder / "state", folder / "outside"
        soundfile.write(folder / "silence.wav", np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
        with (folder / "backup.zip").open("wb") as file:
            names = ("state/home.json", "state/voices/song.wav", "state/web-password")
            write_archive(file, dict.fromkeys(names, folder / "silence.wav"), 0.0)
        self.config = write_config(
            folder,
            f"state_dir: {self.state}\nlullaby: {{enabled: false}}\nweb: {{port: {free_port()}}}\n"
            f"model_channel: {{source: {folder / 'offers'}, public_key: {SIGNER.public}}}\n",
        )
        self.state.mkdir()
        (self.outside / "clips").mkdir(parents=True)
        for name in (*SMALL, f"clips/{EPISODE}.flac", f"clips/{EPISODE}-1000.pcm"):
            (self.outside / name).write_text("precious")
        for name in DATABASES:
            with sqlite3.connect(self.outside / name) as file:
                file.execute("CREATE TABLE precious (x)")
        plants = {*SMALL, *DATABASES, *(f"{name}{end}" for name in DATABASES for end in ("-wal", "-shm", "-journal"))}
        for name in sorted(plants):
            plant(self.state / name, self.outside / (name if name in {*SMALL, *DATABASES} else SMALL[0]))
        (pipe if plant is pipe else link)(self.state / "clips", self.outside / "clips")
        for name in ("voices", "models"):
            plant(self.state / name, self.outside / "clips")
        os.chown(self.state, DAEMON, DAEMON)

    def call(self, command: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        words = [each.format(state=self.state, folder=self.folder, config=self.config) for each in arguments]
        options = ["--config", str(self.config)] if command in CONFIGURED else []
        if arguments == ["update"]:
            offer(self.folder / "offers", SIGNER, another_model())
        return subprocess.run(
            [sys.executable, "-m", "babycryd", command, *words, *options],
            input="correct horse\n", capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S,
        )  # fmt: skip

    def left(self) -> dict[str, tuple[object, ...]]:
        """Content, owner and mode of everything outside."""
        found = dict[str, tuple[object, ...]]()
        for path in sorted(self.outside.rglob("*")):
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            found[str(path.relative_to(self.outside))] = (content, about.st_uid, about.st_gid, about.st_mode)
        return found


def test_every_command_is_called() -> None:
    assert CALLS.keys() == set(COMMANDS)


def check(folder: Path, plant: Plant, command: str, arguments: list[str]) -> None:
    """Make one call over a new folder; nothing outside of it changes."""
    folder.mkdir()
    folders = Folders(folder, plant)
    before = folders.left()
    done = folders.call(command, arguments)
    assert "Traceback" not in done.stderr
    assert folders.left() == before
    shutil.rmtree(folder)


@pytest.mark.parametrize("command", CALLS)
def test_nothing_outside_is_changed(tmp_path: Path, command: str) -> None:
    for number, (each, arguments) in NUMBERED:
        if each == command:
            check(tmp_path / str(number), planted_in_turn(number), command, arguments)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("command", CALLS)
def test_nothing_outside_is_changed_by_any_kind(tmp_path: Path, command: str, plant: Plant) -> None:
    for number, arguments in enumerate(CALLS[command]):
        check(tmp_path / str(number), plant, command, arguments)


def nothing(_path: Path, _target: Path) -> None:
    """Plants nothing."""


def test_what_root_writes_belongs_to_the_daemon(tmp_path: Path) -> None:
    folders = Folders(tmp_path, nothing)
    assert folders.call("passwd", []).returncode == 0
    folders.call("feedback", ["true"])
    assert folders.call("model", ["update"]).returncode == 0
    assert folders.call("restore", ["{folder}/backup.zip"]).returncode == 0
    assert {each.lstat().st_uid for each in folders.state.rglob("*")} == {DAEMON}
