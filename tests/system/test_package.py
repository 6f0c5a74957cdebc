"""The Debian package on a system that really boots: install, run, freeze, reload, upgrade, purge."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from babycryd.demo.night import DemoNight
from babycryd.detect.features import SAMPLE_RATE_HZ
from tests.machine import Machine

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

CONFIG = """\
config_version: 1  # an owner was here
device: {id: nursery}
capture: {source: recording, file: /shared/night.wav}
lullaby: {enabled: false}
mqtt: {host: 127.0.0.1, username: babycryd}
"""
DROP_IN = "[Service]\nLoadCredential=mqtt_password:/etc/babycryd/mqtt-password\n"
BROKER = "listener 1883 127.0.0.1\nallow_anonymous false\npassword_file /etc/mosquitto/passwords\n"
SECRET = "planted-7f3a"  # noqa: S105  # of a machine that lives for a minute


@pytest.fixture(scope="module")
def package() -> Path:
    built = subprocess.run(["packaging/build-deb"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return ROOT / built.stdout.split()[-1]


@pytest.fixture(scope="module")
def machine(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    shared = tmp_path_factory.mktemp("shared")
    shutil.copy(package, shared / "babycryd.deb")
    night = DemoNight().samples()
    quiet = night[-20 * SAMPLE_RATE_HZ :]
    soundfile.write(shared / "night.wav", [*quiet] * 30, SAMPLE_RATE_HZ)
    (shared / "night.wav").chmod(0o644)
    shared.chmod(0o755)
    with Machine(shared) as running:
        yield running


def status(machine: Machine, key: str) -> str:
    return machine.run("systemctl", "show", "--value", "-p", key, "babycryd").strip()


def told(machine: Machine, topic: str) -> str:
    """What is retained there."""
    login = ["-h", "127.0.0.1", "-u", "babycryd", "-P", SECRET]
    return machine.run("mosquitto_sub", *login, "-C", "1", "-W", "5", "-t", f"babycryd/nursery/{topic}").strip()


def test_the_life_of_an_installation(machine: Machine) -> None:
    machine.run("dpkg", "-i", "/shared/babycryd.deb")
    assert status(machine, "UnitFileState") == "enabled"
    assert machine.run("babycryd", "--version").startswith("babycryd ")
    _configure(machine)
    _runs_as_it_should(machine)
    _is_killed_when_frozen(machine)
    _reloads(machine)
    _stops(machine)
    _survives_an_upgrade(machine)
    assert SECRET not in machine.run("journalctl", "--no-pager")
    machine.run("dpkg", "--purge", "babycryd")
    for path in ("/etc/babycryd", "/opt/babycryd", "/var/lib/babycryd", "/lib/systemd/system/babycryd.service"):
        assert machine.fails("test", "-e", path), path
    assert machine.fails("getent", "passwd", "babycryd")


def _configure(machine: Machine) -> None:
    machine.write("/etc/babycryd/babycryd.yaml", CONFIG)
    machine.write("/etc/babycryd/mqtt-password", SECRET + "\n")
    machine.run("chmod", "600", "/etc/babycryd/mqtt-password")  # root's: only systemd may read it
    machine.write("/etc/systemd/system/babycryd.service.d/secret.conf", DROP_IN)
    machine.write("/etc/mosquitto/conf.d/test.conf", BROKER)
    machine.run("mosquitto_passwd", "-b", "-c", "/etc/mosquitto/passwords", "babycryd", SECRET)
    machine.run("chown", "mosquitto", "/etc/mosquitto/passwords")
    machine.run("systemctl", "restart", "mosquitto")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "babycryd")  # Type=notify: comes back once it is ready


def _runs_as_it_should(machine: Machine) -> None:
    assert status(machine, "ActiveState") == "active"
    machine.wait(lambda: status(machine, "StatusText").startswith("listening"))
    machine.wait(lambda: "last judged" in status(machine, "StatusText"))
    assert told(machine, "status") == "online"
    pid = status(machine, "MainPID")
    facts = machine.run("grep", "-E", "^(Uid|Groups|CapBnd|NoNewPrivs|Seccomp):", f"/proc/{pid}/status")
    assert "CapBnd:\t0000000000000000" in facts
    assert "NoNewPrivs:\t1" in facts
    assert "Seccomp:\t2" in facts
    assert machine.run("id", "-u", "babycryd").strip() in facts
    assert machine.run("getent", "group", "audio").split(":")[2] in facts
    assert machine.run("stat", "-c", "%U %a", "/var/lib/babycryd").strip() == "babycryd 700"


def _is_killed_when_frozen(machine: Machine) -> None:
    pid = status(machine, "MainPID")
    machine.run("kill", "-STOP", pid)
    machine.wait(lambda: status(machine, "NRestarts") == "1" and status(machine, "ActiveState") == "active", 60)
    assert status(machine, "MainPID") != pid
    assert "Watchdog timeout" in machine.run("journalctl", "-u", "babycryd", "--no-pager")


def _reloads(machine: Machine) -> None:
    machine.wait(lambda: status(machine, "StatusText").startswith("listening"))
    machine.write("/etc/babycryd/babycryd.yaml", CONFIG + "detection: {threshold: 0.8}\n")
    machine.run("systemctl", "reload", "babycryd")
    wanted = "reloaded; changed: detection.threshold"
    machine.wait(lambda: wanted in machine.run("journalctl", "-u", "babycryd", "--no-pager"))


def _stops(machine: Machine) -> None:
    begun_s = time.monotonic()
    machine.run("systemctl", "stop", "babycryd")
    assert time.monotonic() - begun_s < 5
    assert status(machine, "Result") == "success"
    assert told(machine, "status") == "stopped"


def _survives_an_upgrade(machine: Machine) -> None:
    machine.run("dpkg", "-i", "/shared/babycryd.deb")
    assert "an owner was here" in machine.run("cat", "/etc/babycryd/babycryd.yaml")
    machine.wait(lambda: status(machine, "ActiveState") == "active")


def test_the_unit_is_clean_and_hardened() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    unit = ROOT / "systemd" / "babycryd.service"
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    assert subprocess.run(command, capture_output=True, check=False, env=os.environ).returncode == 0
