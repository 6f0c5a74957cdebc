"""Updates of a fleet on a system that really boots: a signed tree, unattended-upgrades, and the way back by itself."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from babycryd import __version__
from scripts.releasing.apt_repository import KEYRING, make_key, publish
from tests.support.booted_debian import Machine
from tests.support.debian_packages import ROOT, build, build_broken, build_variant
from tests.support.debian_roots import need_tools
from tests.support.installed_package import (
    CONFIG_PATH,
    configure,
    journal,
    put_night,
    says,
    status,
    told,
    with_settings,
)

pytestmark = pytest.mark.slow

LISTS = "/etc/apt/sources.list.d/babycryd.list"
TRIAL = "/var/lib/babycryd-update/trial.json"
TRIAL_S = 900.0  # of the own time: an unpacked package, two minutes, and the same on the way back
DOES_NOT_START = {"babycryd/daemon/daemon.py": (r"^", "raise RuntimeError('this version cannot start')\n")}
NEVER_LISTENS = {"babycryd/capture/recording.py": (r"(def read\(self.*\n)", r"\1        await asyncio.sleep(9e9)\n")}
CHANGES_THE_FILE = {
    "babycryd/config/sections.py": (r"(?m)^VERSION = \d+", "VERSION = 2"),
    "babycryd/config/migrate.py": (r"(?m)^(MIGRATIONS: .*) = .*", r"\1 = {1: lambda text: text}"),
}


class Fleet:
    """A signed apt tree that grows while the machine looks."""

    def __init__(self, shared: Path, home: Path) -> None:
        self.shared = shared
        self._key = make_key(home)
        self.base = build()
        self.publish(self.base)

    def publish(self, *packages: Path) -> None:
        publish(self.shared / "apt", packages, ["amd64"], self._key)

    def offer(self, version: str, changes: Mapping[str, tuple[str, str]] | None = None) -> Path:
        package = self.shared / f"babycryd_{version}_amd64.deb"
        build_variant(self.base, package, version, changes or {})
        self.publish(package)
        return package


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    need_tools("apt-ftparchive", "gpg", "systemd-nspawn", "debootstrap")
    shared = tmp_path_factory.mktemp("shared")
    (home := tmp_path_factory.mktemp("key")).chmod(0o700)
    put_night(shared)
    shared.chmod(0o755)
    (shared / "night.wav").chmod(0o644)
    shutil.copytree(ROOT / "config" / "apt", shared / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(home))
        yield Fleet(shared, home)


@pytest.fixture(scope="module")
def machine(fleet: Fleet) -> Iterator[Machine]:
    """Installed, and hears."""
    with Machine(fleet.shared, "bookworm") as running:
        _installs_from_the_tree(running)
        configure(running)
        _hears(running, __version__)
        yield running


def test_one_that_never_listens_is_undone_through_every_kill(machine: Machine, fleet: Fleet) -> None:
    """As by power cuts: all processes of the trial end at once, and it goes on at the next start."""
    fleet.offer("9.0.0", NEVER_LISTENS)
    _updates(machine)
    assert _version(machine) == "installed 9.0.0"
    _killed_when(machine, lambda: True)  # on trial
    undoes = '"undo": "'
    _killed_when(machine, lambda: undoes in machine.run("cat", TRIAL), TRIAL_S)  # decided
    _killed_when(machine, lambda: "dpkg" in _programs(machine))  # dpkg begins
    _killed_when(machine, lambda: _version(machine) == f"installed {__version__}")  # before it is told
    _trial_is_over(machine)
    _is_undone(machine, "9.0.0", "babycryd does not listen", __version__)


def test_a_fleet_takes_good_updates_and_leaves_bad_ones_by_itself(machine: Machine, fleet: Fleet) -> None:
    _a_good_update_stays(machine, fleet)
    _one_that_does_not_start_is_undone_and_never_tried_again(machine, fleet)
    _one_whose_installation_fails_is_undone(machine, fleet)
    _a_newer_one_ends_the_trouble(machine, fleet)
    _an_interrupted_update_is_finished(machine, fleet)
    _a_home_without_a_microphone_keeps_its_update(machine, fleet)
    machine.run("dpkg", "--purge", "babycryd")
    for path in (TRIAL, "/var/cache/babycryd", "/etc/apt/preferences.d/babycryd-undone", "/opt/babycryd"):
        assert machine.fails("test", "-e", path), path


def _installs_from_the_tree(machine: Machine) -> None:
    machine.run("rm", "-f", "/etc/apt/sources.list")
    machine.run("install", "-m", "644", f"/shared/apt/{KEYRING}", "/usr/share/keyrings/")
    example = (ROOT / "config" / "apt" / "sources.list.example").read_text()
    machine.write(LISTS, example.replace("https://example.org/babycryd stable", "file:/shared/apt early"))
    machine.run("install", "-m", "644", "/shared/examples/52babycryd-unattended-upgrades", "/etc/apt/apt.conf.d/")
    machine.run("apt-get", "update")
    machine.run("apt-get", "install", "-y", "babycryd")
    assert machine.fails("test", "-e", TRIAL), "a first installation has nothing to go back to"


def _updates(machine: Machine) -> str:
    machine.run("apt-get", "update")
    return machine.run("unattended-upgrade", "--debug", "--verbose")


def _version(machine: Machine) -> str:
    return machine.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "babycryd")


def _trial_is_over(machine: Machine) -> None:
    machine.wait(lambda: machine.fails("test", "-e", TRIAL), TRIAL_S)
    machine.wait(lambda: machine.fails("systemctl", "is-active", "babycryd-update"), 60)


def _hears(machine: Machine, version: str) -> None:
    machine.wait(lambda: "; last judged " in status(machine, "StatusText"), 60)
    assert machine.run("babycryd", "--version").strip() == f"babycryd {version}"


def _health(machine: Machine) -> dict[str, object]:
    """What MQTT is told, by the process that runs now."""
    machine.run("systemctl", "restart", "babycryd")
    machine.wait(lambda: "; last judged " in status(machine, "StatusText"), 60)
    found: dict[str, object] = json.loads(told(machine, "health"))
    return found


def _page_tells_of(machine: Machine) -> list[str]:
    fetch = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8474/api/state').read().decode())"
    checks = json.loads(machine.run("python3", "-c", fetch))["checks"]
    return [each["text"] for each in checks if each["what"] == "update" and each["good"] is False]


def _a_good_update_stays(machine: Machine, fleet: Fleet) -> None:
    fleet.offer("1.0.0")
    assert "babycryd" in _updates(machine)
    assert _version(machine) == "installed 1.0.0"
    assert machine.run("ls", "/opt/babycryd").count("env-") == 2, "the way back is kept during the trial"
    _trial_is_over(machine)
    _hears(machine, "1.0.0")
    assert "it stays" in journal(machine, "babycryd-update")
    assert machine.run("ls", "/opt/babycryd").count("env-") == 1
    assert _health(machine)["update"] is None
    assert _page_tells_of(machine) == []


def _one_that_does_not_start_is_undone_and_never_tried_again(machine: Machine, fleet: Fleet) -> None:
    owners = machine.run("cat", CONFIG_PATH)
    fleet.offer("2.0.0", DOES_NOT_START | CHANGES_THE_FILE)
    _updates(machine)
    assert _version(machine) == "installed 2.0.0"
    assert "config_version: 2" in machine.run("cat", CONFIG_PATH)
    _trial_is_over(machine)
    _is_undone(machine, "2.0.0", "babycryd does not listen")
    assert machine.run("cat", CONFIG_PATH) == owners
    assert "config_version: 2" in machine.run("cat", f"{CONFIG_PATH}.of-2.0.0")
    _updates(machine)
    assert _version(machine) == "installed 1.0.0", "it is tried again"
    assert machine.fails("test", "-e", TRIAL)
    tried_again = machine.run("apt-get", "install", "--simulate", "babycryd=2.0.0")  # as the page says
    assert "Inst babycryd [1.0.0] (2.0.0" in tried_again


def _is_undone(machine: Machine, version: str, why: str, before: str = "1.0.0") -> None:
    assert _version(machine) == f"installed {before}"
    _hears(machine, before)
    health = str(_health(machine)["update"])
    assert health.startswith(f"version {version}: {why}")
    assert f"version {before} runs again" in health
    assert _page_tells_of(machine) == [health]
    assert f"version {version}: {why}" in journal(machine, "babycryd-update")
    assert machine.run("dpkg", "--audit") == ""
    assert machine.run("dpkg", "--verify", "babycryd") in ("", f"??5?????? c {CONFIG_PATH}\n")


def _programs(machine: Machine) -> str:
    return machine.run("sh", "-c", "systemctl status --no-pager --lines=0 babycryd-update || true")


def _killed_when(machine: Machine, happens: Callable[[], bool], within_s: float = 300.0) -> None:
    machine.wait(happens, within_s)
    machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=all", "babycryd-update")
    machine.wait(lambda: machine.fails("systemctl", "is-active", "babycryd-update"), 60)
    machine.run("systemctl", "restart", "babycryd-update")  # as at the next boot; `start` waits for RestartSec


def _one_whose_installation_fails_is_undone(machine: Machine, fleet: Fleet) -> None:
    broken = fleet.shared / "babycryd_4.0.0_amd64.deb"
    build_broken(fleet.base, broken, "4.0.0")
    fleet.publish(broken)
    machine.run("apt-get", "update")
    machine.fails("unattended-upgrade", "--debug")  # it says so
    assert _version(machine) == "half-configured 4.0.0"
    says(machine, "listening", 90)  # as before, in the earlier environment
    _trial_is_over(machine)
    _is_undone(machine, "4.0.0", "its installation fails")


def _a_newer_one_ends_the_trouble(machine: Machine, fleet: Fleet) -> None:
    fleet.offer("5.0.0")
    _updates(machine)
    _trial_is_over(machine)
    _hears(machine, "5.0.0")
    assert _version(machine) == "installed 5.0.0"
    assert _health(machine)["update"] is None
    assert "Pin: version 4.0.0" not in machine.run("cat", "/etc/apt/preferences.d/babycryd-undone")
    assert "Pin: version 9.0.0" in machine.run("cat", "/etc/apt/preferences.d/babycryd-undone"), "newer, and still bad"


def _an_interrupted_update_is_finished(machine: Machine, fleet: Fleet) -> None:
    package = fleet.offer("6.0.0")
    machine.run("dpkg", "--unpack", f"/shared/{package.name}")  # and here the power went
    machine.run("systemctl", "start", "babycryd-update")
    _trial_is_over(machine)
    assert _version(machine) == "installed 6.0.0"
    _hears(machine, "6.0.0")


def _a_home_without_a_microphone_keeps_its_update(machine: Machine, fleet: Fleet) -> None:
    with_settings(machine, capture="{source: microphone, device: none}")
    machine.wait(lambda: status(machine, "StatusText").startswith("deaf"), 60)
    fleet.offer("7.0.0")
    _updates(machine)
    _trial_is_over(machine)
    assert _version(machine) == "installed 7.0.0"
    assert "version 7.0.0 does what version 6.0.0 did" in journal(machine, "babycryd-update")
