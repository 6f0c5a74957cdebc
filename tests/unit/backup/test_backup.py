"""A backup brings back what was there, keeps what it replaces, and has no secret unless it was asked for."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from babycryd.backup.archive import Archive, BackupError
from babycryd.backup.making import Source, make_backup
from babycryd.backup.restoring import Restored, restore
from babycryd.config import ConfigError, Settings, load
from babycryd.core.records import Episode
from babycryd.history.database import MIGRATIONS
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader
from babycryd.history.task import HistoryWriter
from babycryd.report.nights import NightQueries
from babycryd.report.settings import ReportSettings
from babycryd.system.plain_files import UnfitFileError
from tests.support.planted_secrets import PLANTED

NOW_UTC_S = 1_760_149_802.0  # a night that is over, 2025-10-11
SMALL = {
    name: f'{{"of": "{name}"}}'
    for name in ("feedback.json", "feedback-recent.json", "home.json", "soothing.json", "loudness.json")
}


class Machine:
    """A computer: a folder of configuration and secrets, and a state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "babycryd.yaml"
        self.state = folder / "state"
        folder.mkdir()

    def lives(self, *, episodes: int = 2) -> None:
        """Give it a configuration with a secret, a history, and what was learnt."""
        self.config.write_text(
            f"state_dir: {self.state}\nmqtt: {{host: broker, username: anna, password_file: {self.folder}/mqtt}}\n"
        )
        (self.folder / "mqtt").write_text(PLANTED.mqtt_password)
        writer = HistoryWriter(self.state, RetentionLimits(400, 50))
        heard = [Episode(f"e{each}", NOW_UTC_S + each, 60.0, 0.9, NOW_UTC_S + 60) for each in range(episodes)]
        writer.keep(heard, NOW_UTC_S)
        writer.close()
        (self.state / "voices").mkdir()
        (self.state / "voices" / "Mama singt.wav").write_bytes(b"RIFF")
        for name, text in (SMALL | {"web-password": PLANTED.web_password, "web-sessions.json": "{}"}).items():
            (self.state / name).write_text(text)

    def backup(self, *, secrets: bool = False, voices: bool = False) -> bytes:
        source = Source(self.config, load(self.config), self.state, secrets=secrets, voices=voices)
        make_backup(self.folder / "b.zip", source, NOW_UTC_S)
        return (self.folder / "b.zip").read_bytes()

    def restore(self, content: bytes) -> Restored:
        return restore(io.BytesIO(content), self.config, {}, NOW_UTC_S)

    def episodes(self) -> list[Episode]:
        return list(HistoryReader(self.state).episodes(0.0, NOW_UTC_S * 2))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "pi")
    made.lives()
    return made


def moved(content: bytes, old: Path, new: Path) -> bytes:
    """The same backup, made on a computer whose folder was `new`."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["config/babycryd.yaml"] = files["config/babycryd.yaml"].replace(str(old).encode(), str(new).encode())
    return packed({name: text for name, text in files.items() if name != "manifest.json"})


def packed(files: dict[str, bytes], **manifest: object) -> bytes:
    """A backup with these files, and with fields of the manifest as given."""
    import hashlib

    listed = [
        {"name": name, "size": len(text), "sha256": hashlib.sha256(text).hexdigest()} for name, text in files.items()
    ]
    fields = {"format": 1, "babycryd": "1.0", "made_utc_s": NOW_UTC_S, "files": listed} | manifest
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(fields))
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def test_a_fresh_machine_gets_everything(machine: Machine, tmp_path: Path) -> None:
    fresh = Machine(tmp_path / "fresh")
    done = fresh.restore(moved(machine.backup(), machine.folder, fresh.folder))
    assert fresh.episodes() == machine.episodes()
    assert len(fresh.episodes()) == 2
    assert {name: (fresh.state / name).read_text() for name in SMALL} == SMALL
    assert load(fresh.config).mqtt.host == "broker"
    assert (done.replaced, done.left_out) == (None, ())
    assert (fresh.state.stat().st_mode & 0o777, (fresh.state / "home.json").stat().st_mode & 0o777) == (0o700, 0o600)


async def test_the_report_of_a_night_is_the_same(machine: Machine, tmp_path: Path) -> None:
    fresh = Machine(tmp_path / "fresh")
    fresh.restore(moved(machine.backup(), machine.folder, fresh.folder))
    day = datetime.fromtimestamp(NOW_UTC_S).date()  # noqa: DTZ006  # the owner's day
    readers = [HistoryReader(each.state) for each in (machine, fresh)]
    reports = [await NightQueries(each, ReportSettings()).report(day, "en") for each in readers]
    assert reports[0] == reports[1]
    assert "Two cries" in reports[0]


def test_it_holds_no_secret_and_no_sound_unless_asked(machine: Machine) -> None:
    with zipfile.ZipFile(io.BytesIO(machine.backup())) as archive:
        names = archive.namelist()
        content = b"".join(archive.read(name) for name in names)
    assert not any(each.startswith(("secrets/", "state/voices", "state/web-")) for each in names)
    assert PLANTED.mqtt_password.encode() not in content
    assert PLANTED.web_password.encode() not in content
    assert (machine.folder / "b.zip").stat().st_mode & 0o777 == 0o600


def test_with_secrets_and_voices(machine: Machine, tmp_path: Path) -> None:
    fresh = Machine(tmp_path / "fresh")
    done = fresh.restore(moved(machine.backup(secrets=True, voices=True), machine.folder, fresh.folder))
    assert (fresh.folder / "mqtt").read_text() == PLANTED.mqtt_password
    assert (fresh.state / "web-password").read_text() == PLANTED.web_password
    assert (fresh.state / "voices" / "Mama singt.wav").read_bytes() == b"RIFF"
    assert not (fresh.state / "web-sessions.json").exists()
    assert done.left_out == ()


def test_a_secret_goes_nowhere_else(machine: Machine, tmp_path: Path) -> None:
    content = machine.backup(secrets=True)
    fresh = Machine(tmp_path / "fresh")
    done = restore(io.BytesIO(content), fresh.config, {}, NOW_UTC_S)  # it names a file in the other folder
    assert done.left_out == ("mqtt.password_file",)
    assert not (fresh.folder / "mqtt").exists()


def test_what_it_replaces_is_kept(machine: Machine) -> None:
    content = machine.backup()
    before = machine.config.read_text()
    (machine.state / "home.json").write_text("newer")
    machine.config.write_text(before + "# newer\n")
    done = machine.restore(content)
    assert done.replaced is not None
    assert (done.replaced / "home.json").read_text() == "newer"
    assert (done.replaced / "history.sqlite3").exists()
    assert (machine.state / "home.json").read_text() == SMALL["home.json"]
    [kept] = machine.folder.glob("babycryd.yaml.replaced-*")
    assert kept.read_text().endswith("# newer\n")
    assert machine.config.read_text() == before


def test_a_history_that_is_being_written_is_whole(machine: Machine, tmp_path: Path) -> None:
    writer = HistoryWriter(machine.state, RetentionLimits(400, 50))
    writer.keep([Episode("late", NOW_UTC_S + 9, 60.0, 0.9, NOW_UTC_S + 60)], NOW_UTC_S)  # still in SQLite's log
    content = machine.backup()
    writer.close()
    fresh = Machine(tmp_path / "fresh")
    fresh.restore(moved(content, machine.folder, fresh.folder))
    assert [each.id for each in fresh.episodes()] == ["e0", "e1", "late"]


def test_a_running_daemon_is_not_disturbed(machine: Machine) -> None:
    content = machine.backup()
    hold = "import sys, time; file = open(sys.argv[1]); print('open', flush=True); time.sleep(600)"
    user = subprocess.Popen(
        [sys.executable, "-c", hold, str(machine.state / "home.json")], stdout=subprocess.PIPE, text=True
    )
    assert user.stdout is not None
    user.stdout.readline()
    try:
        with pytest.raises(BackupError, match=rf"process {user.pid}\) uses .*: stop babycryd first"):
            machine.restore(content)
    finally:
        user.kill()
        user.wait()
        user.stdout.close()
    assert not list(machine.state.glob("replaced-*"))


def test_an_older_history_is_brought_to_the_newest_form(machine: Machine, tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(old)) as file:
        file.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version = 1")
    config = f"state_dir: {machine.state}\n".encode()
    machine.restore(packed({"config/babycryd.yaml": config, "state/history.sqlite3": old.read_bytes()}))
    assert machine.episodes() == []


def test_a_newer_history_and_a_wrong_configuration_are_refused(machine: Machine, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    with closing(sqlite3.connect(new)) as file:
        file.execute("PRAGMA user_version = 99")
    config = f"state_dir: {machine.state}\n".encode()
    with pytest.raises(BackupError, match="newer babycryd"):
        machine.restore(packed({"config/babycryd.yaml": config, "state/history.sqlite3": new.read_bytes()}))
    with pytest.raises(ConfigError, match="newer babycryd"):
        machine.restore(packed({"config/babycryd.yaml": b"config_version: 99\n"}))
    assert len(machine.episodes()) == 2
    assert not list(machine.state.glob("replaced-*"))


def test_an_empty_machine_has_nothing_to_keep(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing to keep"):
        make_backup(tmp_path / "b.zip", Source(None, Settings(), tmp_path / "state"), time.time())
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_the_manifest_says_what_made_it(machine: Machine) -> None:
    from babycryd import __version__

    manifest = Archive(io.BytesIO(machine.backup())).manifest
    assert (manifest.babycryd, manifest.made_utc_s) == (__version__, NOW_UTC_S)


def test_a_full_disk_and_a_planted_folder_change_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    content = machine.backup()
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
        with pytest.raises(BackupError, match="make room"):
            machine.restore(content)
    shutil.rmtree(machine.state / "voices")
    (machine.state / "voices").symlink_to(machine.folder)
    with pytest.raises(UnfitFileError, match="a link"):
        machine.restore(content)
    assert len(machine.episodes()) == 2
    assert not list(machine.state.glob("replaced-*"))
