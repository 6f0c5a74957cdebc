"""`babycryd report` and `babycryd history` as a person uses them."""

import csv
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from babycryd.clips.store import FOLDER
from babycryd.clips.writer import ClipWriter
from babycryd.core.records import Episode, Lullaby, Stretch
from babycryd.history.retention import RetentionLimits
from babycryd.history.task import HistoryWriter
from tests.support.called_commands import called
from tests.support.unprivileged_user import UNPRIVILEGED


def babycryd(*arguments: str, program: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    command = [*program, sys.executable, "-m", "babycryd", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a device that heard two cries in the last hours."""
    now_s = time.time()
    writer = HistoryWriter(tmp_path / "state", RetentionLimits(400, 50))
    for number, begin_s in enumerate((now_s - 7200, now_s - 3600)):
        lullaby = Lullaby("brahms-lullaby", begin_s + 1, begin_s + 200, "calm")
        writer.keep([Episode(f"e{number}", begin_s, 420.0, 0.9, begin_s + 420, "calm", 180.0), lullaby], now_s)
    writer.keep([Stretch(now_s - 4 * 3600, now_s, "listening")], now_s)
    writer.close()
    path = tmp_path / "babycryd.yaml"
    path.write_text(f"state_dir: {tmp_path / 'state'}\n")
    return path


def test_the_report_in_words_and_as_files(config: Path, tmp_path: Path) -> None:
    told = babycryd("report", "--since", "3h", "--config", str(config), "--out", str(tmp_path / "night.html"))
    assert told.returncode == 0, told.stderr
    _, sentence, *cries = told.stdout.splitlines()
    assert sentence.startswith(
        "Two cries, 14 minutes in all; Brahms’ lullaby calmed it in 3 minutes on average; longest"
    )
    assert [each.partition(", ")[2] for each in cries] == [
        "7 minutes of crying, calm after 3 minutes, music: Brahms’ lullaby"
    ] * 2
    assert "<svg" in (tmp_path / "night.html").read_text()
    french = ["--language", "fr", "--out", str(tmp_path / "night.png")]
    told = called("report", "--since", "3h", "--config", str(config), *french)
    assert "Deux épisodes de pleurs" in told.stdout
    assert (tmp_path / "night.png").read_bytes().startswith(b"\x89PNG")


def test_the_export(config: Path, tmp_path: Path) -> None:
    told = babycryd("history", "export", "--config", str(config), "--since", "90m")
    assert [row["id"] for row in csv.DictReader(told.stdout.splitlines())] == ["e1"]
    file = tmp_path / "all.json"
    assert called("history", "export", "--config", str(config), "--format", "json", "--out", str(file)).returncode == 0
    assert [row["id"] for row in json.loads(file.read_text())] == ["e0", "e1"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["report", "--since", "yesterdayish"], 2, "is no time: say 12h"),
        (["report", "--date", "24.11."], 2, "is no day such as 2026-11-24"),
        (["report", "--date", "2026-11-24", "--since", "1h"], 2, "not both"),
        (["report", "--out", "night.pdf"], 2, "ends in .html or .png"),
        (["report", "--date", "0001-01-01"], 1, "there is no night"),
        (["report", "--out", "/nowhere/night.html"], 1, "No such file"),
        (["history", "export", "--out", "/nowhere/cries.csv"], 1, "No such file"),
    ],
)
def test_what_is_wrong_is_named(config: Path, arguments: list[str], code: int, said: str) -> None:
    told = called(*arguments, "--config", str(config))
    assert (told.returncode, said in told.stderr) == (code, True), told.stderr
    assert "Traceback" not in told.stderr


def test_an_old_terminal_a_full_disk_and_a_reader_that_leaves(config: Path) -> None:
    command = [sys.executable, "-m", "babycryd"]
    options = ["--config", str(config)]
    old = os.environ | {"PYTHONIOENCODING": "latin-1"}
    told = subprocess.run(
        [*command, "report", "--language", "fr", "--date", "1999-11-24", *options],
        env=old,
        capture_output=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, b"")
    assert "n?écoutait".encode("latin-1") in told.stdout  # it has no typographic apostrophe
    with Path("/dev/full").open("w") as full:
        for arguments in (["report"], ["history", "export"]):
            done = subprocess.run(
                [*command, *arguments, *options], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
            assert (done.returncode, done.stderr) == (
                1,
                "babycryd: the output cannot be written: No space left on device\n",
            )
    piped = f"{' '.join(map(shlex.quote, [*command, 'history', 'export', *options]))} | true; exit ${{PIPESTATUS[0]}}"
    gone = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, check=False)
    assert (gone.returncode, gone.stderr) == (0, "")


def test_a_file_that_makes_no_sense_is_named(config: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "history.sqlite3").write_bytes(b"nonsense" * 1000)
    told = called("report", "--config", str(config))
    assert told.returncode == 1
    assert "history.sqlite3 cannot be read" in told.stderr
    assert "move it away" in told.stderr


@pytest.mark.parametrize(
    "command",
    [
        "report",
        "report --since 3h",
        "history export",
        "clips list",
        "clips delete --all",
        "feedback --list",
        "feedback true",
    ],
)
def test_the_files_of_another_user_are_told_as_such(config: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "state").chmod(0o000)
    try:
        told = babycryd(*command.split(), "--config", str(config), program=UNPRIVILEGED)
    finally:
        (tmp_path / "state").chmod(0o700)
    assert (told.returncode, told.stdout) == (1, "")
    assert "run this as the daemon's user (sudo -u babycryd ...)" in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_clips_are_listed_and_deleted(config: Path, tmp_path: Path) -> None:
    clips = [f"2026112{day}T031502480Z" for day in (1, 2, 3)]
    for each in clips:
        writer = ClipWriter(tmp_path / "state" / FOLDER, each, 0.0, 1)
        writer.write(np.zeros(16_000, np.float32))
        writer.finish()
    options = ["--config", str(config)]
    told = babycryd("clips", "list", *options)
    assert [line.split()[0] for line in told.stdout.splitlines()] == clips[::-1]
    assert called("clips", "delete", clips[0], *options).returncode == 0
    again = called("clips", "delete", clips[0], *options)
    assert (again.returncode, "no clip of episode" in again.stderr) == (1, True)
    assert called("clips", "delete", *options).returncode == 2
    assert called("clips", "delete", clips[1], "--all", *options).returncode == 2
    assert called("clips", "delete", "--all", *options).stdout == "2 clips deleted\n"
    assert "not recorded" in called("clips", "list", *options).stdout
