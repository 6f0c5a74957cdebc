"""The trial of an update: who listens, for how long, and the package of the version before."""

import os
import subprocess
from pathlib import Path

import pytest
from update_trial import watch
from update_trial.commands import Failed, run
from update_trial.package import installed, repack
from update_trial.pins import refuse
from update_trial.places import Places
from update_trial.rooms import LISTENS, NOTHING, RUNS, Probation, Shown, level_of
from update_trial.trial import Trial, is_watched, save
from update_trial.way_back import give_configuration_back

from babycryd.core.events import STATES
from tests.support.debian_packages import small_package

ROOT = Path(__file__).parents[3]
CONFIG = "/etc/babycryd/babycryd.yaml"
TRIAL: Trial = {"from": "1.0.0", "to": "2.0.0", "rooms": {}, "environment": "", "starts": 1, "undo": None}


def test_a_room_listens_in_every_state_but_deaf_once_something_was_judged() -> None:
    for state in STATES:
        level = level_of("active", f"{state}; last judged 02:13:05, here")
        assert level == (RUNS if state == "deaf" else LISTENS), state
    assert level_of("active", "listening; nothing judged yet") == RUNS
    assert level_of("active", "deaf: a name; last judged 1; last judged 02:13:05, here") == RUNS
    assert level_of("active", "starting") == RUNS
    assert level_of("activating", "listening; last judged 02:13:05, here") == NOTHING


def room(text: str, process: str = "7", active: str = "active") -> dict[str, Shown]:
    return {"babycryd.service": {"ActiveState": active, "StatusText": text, "MainPID": process, "Result": "exit-code"}}


HEARS, DEAF = room("listening; last judged 02:13:05, here"), room("deaf: no microphone; nothing judged yet")


def test_an_update_that_listens_for_half_a_minute_stays() -> None:
    trial = Probation({"babycryd.service": LISTENS}, 0.0)
    assert trial.passed(0.0, room("starting")) is None
    assert trial.passed(5.0, HEARS) is None
    assert trial.passed(34.0, HEARS) is None
    assert trial.passed(35.0, HEARS) is True


def test_one_that_begins_to_listen_at_the_last_moment_has_its_half_minute() -> None:
    trial = Probation({"babycryd.service": LISTENS}, 0.0)
    assert trial.passed(119.0, HEARS) is None
    assert trial.passed(148.0, HEARS) is None
    assert trial.passed(149.0, HEARS) is True


def test_one_that_never_listens_fails_and_says_how() -> None:
    trial = Probation({"babycryd.service": LISTENS}, 0.0)
    assert trial.passed(119.0, DEAF) is None
    assert trial.passed(120.0, DEAF) is False
    assert trial.missing == "babycryd does not listen (deaf: no microphone; nothing judged yet)"


def test_a_room_that_did_not_listen_before_need_not_listen_afterwards() -> None:
    trial = Probation({"babycryd.service": RUNS}, 0.0)
    trial.passed(0.0, DEAF)
    assert trial.passed(30.0, DEAF) is True


def test_one_that_ends_again_and_again_fails() -> None:
    trial = Probation({"babycryd.service": LISTENS}, 0.0)
    for at_s in range(0, 150, 10):
        assert trial.passed(at_s, room("listening; last judged 02:13:05, here", str(at_s))) is None
    assert trial.passed(150.0, room("listening; last judged 02:13:05, here", "150")) is False
    assert trial.missing == "its service was started again and again"
    crashing = Probation({"babycryd.service": RUNS}, 0.0)
    assert crashing.passed(120.0, room("", active="activating")) is False
    assert crashing.missing == "babycryd does not run (activating, exit-code)"


def test_all_rooms_must_do_what_they_did() -> None:
    trial = Probation({"babycryd.service": LISTENS, "babycryd@twins.service": RUNS}, 0.0)
    broken = HEARS | {"babycryd@twins.service": room("", active="failed")["babycryd.service"]}
    assert [trial.passed(at_s, broken) for at_s in (0.0, 60.0, 119.0)] == [None] * 3
    assert trial.passed(120.0, broken) is False
    assert trial.missing == "babycryd@twins does not run (failed, exit-code)"


def test_an_installation_that_fails_is_the_reason_and_does_not_end_its_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, ...]] = []

    def fails(*command: str, **environment: str) -> str:
        called.append((*command, environment["BABYCRYD_WATCHED"]))
        raise Failed("a module cannot be compiled")

    places = Places(tmp_path)
    places.lock.parent.mkdir(parents=True)
    monkeypatch.setattr(watch, "installed", lambda: ("half-configured", "2.0.0"))
    monkeypatch.setattr(watch, "why_not", lambda _: None)
    monkeypatch.setattr(watch, "run", fails)
    why = watch.judged(places, TRIAL)
    assert why == "its installation fails (a module cannot be compiled)"
    assert called == [("dpkg", "--force-confold", "--configure", "babycryd", "1")]
    assert '-z "${BABYCRYD_WATCHED:-}"' in (ROOT / "packaging/debian/postinst").read_text()


def test_a_command_that_fails_is_told_in_one_line() -> None:
    with pytest.raises(Failed) as failed:
        run("sh", "-c", "printf 'no room on the card\ndpkg: error processing\n' >&2; exit 1")
    assert str(failed.value) == "sh failed: no room on the card"


def test_apt_leaves_every_refused_version_out(tmp_path: Path) -> None:
    places = Places(tmp_path)
    for version in ("0.2.0", "0.3.0", "0.2.0"):
        refuse(places, version)
    pins = [line for line in places.pin.read_text().splitlines() if line.startswith("Pin: ")]
    assert pins == ["Pin: version 0.2.0", "Pin: version 0.3.0"]


def test_what_an_update_made_of_the_configuration_stays_beside_it(tmp_path: Path) -> None:
    places = Places(tmp_path)
    for folder in (places.config, places.kept_config):
        folder.mkdir(parents=True)
    (places.config / "babycryd.yaml").write_text("new")
    (places.config / "twins.yaml").write_text("same")
    (places.kept_config / "babycryd.yaml").write_text("old")
    (places.kept_config / "twins.yaml").write_text("same")
    for _ in range(2):  # a power cut, and once more
        give_configuration_back(places, "0.3.0")
    found = {path.name: path.read_text() for path in places.config.iterdir()}
    assert found == {"babycryd.yaml": "old", "babycryd.yaml.of-0.3.0": "new", "twins.yaml": "same"}


def test_a_damaged_trial_is_none(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.trial.parent.mkdir(parents=True)
    places.trial.write_text('{"from": ')
    assert is_watched(places) is False


@pytest.mark.parametrize("owner", ["", "detection: {threshold: 0.8}\n"], ids=["as shipped", "changed by the owner"])
def test_the_package_of_the_installed_files_installs_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    """With the real dpkg in a root of its own."""
    if os.geteuid() != 0:
        pytest.skip("dpkg needs root")
    root = tmp_path / "root"
    (root / "var/lib/dpkg/info").mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "usr/lib").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    monkeypatch.setenv("DPKG_ROOT", str(root))
    monkeypatch.setenv("DPKG_ADMINDIR", str(root / "var/lib/dpkg"))

    def dpkg(package: Path) -> None:
        run("dpkg", "--force-confold", "--force-not-root", "--force-depends", "--install", str(package))

    config = root / CONFIG[1:]
    dpkg(small_package(tmp_path, "1.0", conffile="a default\n"))
    config.write_text(config.read_text() + owner)
    places = Places(root)
    places.former.parent.mkdir(parents=True)
    repack(places, places.former)
    before = (run("dpkg-query", "-s", "babycryd"), (root / "lib/babycryd").read_text(), config.read_text())
    dpkg(small_package(tmp_path, "2.0", conffile="another default\n"))
    assert (root / "lib/babycryd").read_text() == "2.0"
    if not owner:
        config.write_text("a default\n")  # as the way back puts it there first
    dpkg(places.former)
    after = (run("dpkg-query", "-s", "babycryd"), (root / "lib/babycryd").read_text(), config.read_text())
    assert after[1:] == before[1:]
    assert installed() == ("installed", "1.0")
    assert run("dpkg", "--verify", "babycryd").count("lib/babycryd") == 0
    dpkg(small_package(tmp_path, "3.0", conffile="a third default\n"))
    assert config.read_text() == (f"a default\n{owner}" if owner else "a third default\n"), "the owner's file"
    assert list(places.former.parent.iterdir()) == [places.former]


def test_the_package_has_the_program_as_one_file_of_the_same_bytes(tmp_path: Path) -> None:
    """Which its own Python runs as the package's scripts call it, also from a folder with files of the same names."""
    made = []
    for name in ("once", "again"):
        command = [ROOT / "packaging/zip_program.py", ROOT / "packaging/debian/update", tmp_path / name]
        subprocess.run(command, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1800000000"})
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    (tmp_path / "argparse.py").write_text("raise ImportError")

    def code_of(action: str) -> int:
        return subprocess.run([tmp_path / "once", action, "--root", "."], cwd=tmp_path, check=False).returncode

    assert code_of("on-trial") == 1
    save(Places(tmp_path), TRIAL)
    assert [code_of(action) for action in ("on-trial", "forget", "on-trial")] == [0, 0, 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "argparse.py", "once", "var"]
