"""The Debian package on a system that really boots: install, listen, freeze, reload, upgrade, go back, purge."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.booted_debian import Machine
from tests.support.borrowed_ffmpeg import WRAPPER
from tests.support.debian_packages import LIBRARIES, NEXT
from tests.support.installed_package import (
    CONFIG,
    CONFIG_PATH,
    KEY,
    KEY_PATH,
    configure,
    everything_said,
    files,
    journal,
    logs,
    put_in,
    says,
    status,
    told,
    with_settings,
)
from tests.support.patience import Stopwatch
from tests.support.planted_secrets import found_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    put_in(folder, tmp_path_factory.mktemp("later"))
    return folder


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def machine(shared: Path, request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Machine(shared, request.param) as running:
        yield running


def test_the_life_of_an_installation(machine: Machine) -> None:
    before = files(machine)
    _installs_whatever_the_machine_says(machine)
    assert status(machine, "UnitFileState") == "enabled"
    assert machine.run("babycryd", "--version").startswith("babycryd ")
    machine.run("test", "-e", "/usr/share/man/man1/babycryd.1.gz")
    configure(machine)
    _runs_as_it_should(machine)
    _tells_of_the_cry(machine)
    _another_room_listens_to_a_stream(machine)
    _is_killed_when_frozen(machine)
    _reloads(machine)
    _stops(machine)
    _hears_and_plays(machine)
    _reaches_the_cloud(machine)
    _refuses_a_broken_upgrade(machine)
    _survives_an_upgrade(machine)
    _goes_back(machine)
    _keeps_its_secrets(machine)
    machine.run("dpkg", "--purge", "babycryd")
    assert machine.fails("getent", "passwd", "babycryd")
    assert machine.fails("getent", "group", "babycryd")
    _remove_what_the_test_made(machine)
    assert files(machine) - before == set()


HOSTILE = "/root/hostile"
PIP_CONF = (
    "[global]\nindex-url = http://127.0.0.1:1/\ntarget = /root/hostile\nrequire-virtualenv = true\nno-binary = :all:\n"
)


def _installs_whatever_the_machine_says(machine: Machine) -> None:
    """The installation heeds neither root's umask, nor pip's configuration, nor Python's variables."""
    machine.write(f"{HOSTILE}/tarfile.py", "raise SystemExit(7)\n")
    machine.write(f"{HOSTILE}/babycryd/__init__.py", "raise SystemExit(7)\n")
    machine.write("/etc/pip.conf", PIP_CONF)
    variables = [f"PYTHONPATH={HOSTILE}", f"PYTHONHOME={HOSTILE}", f"PIP_TARGET={HOSTILE}"]
    machine.run("env", *variables, "sh", "-c", "umask 077; exec sh /shared/install /shared/babycryd.deb")
    assert machine.run("env", *variables, "babycryd", "--version").startswith("babycryd ")
    shut = "find -L /opt/babycryd/current ! -perm -o=r -o -type d ! -perm -o=x"
    assert machine.run("sh", "-c", shut) == "", "the daemon's user could not read it"
    assert machine.run("dpkg", "--verify", "babycryd") == ""
    machine.run("/opt/babycryd/current/bin/python3", "-I", "-c", f"import {', '.join(LIBRARIES)}")  # none lacks a part
    mib = sum(int(machine.run("du", "-sm", path).split()[0]) for path in ("/opt/babycryd", "/usr/share/babycryd"))
    assert mib * 1.048576 < 220, "MB on the card"
    machine.run("rm", "-r", HOSTILE, "/etc/pip.conf")


def _runs_as_it_should(machine: Machine) -> None:
    assert status(machine, "ActiveState") == "active"
    says(machine, "listening")
    machine.wait(lambda: "last judged" in status(machine, "StatusText"))
    assert status(machine, "StatusText").endswith(", here")
    assert told(machine, "status") == "online"
    pid = status(machine, "MainPID")
    facts = machine.run("grep", "-E", "^(Uid|Groups|CapBnd|NoNewPrivs|Seccomp):", f"/proc/{pid}/status")
    assert "CapBnd:\t0000000000000000" in facts
    assert "NoNewPrivs:\t1" in facts
    assert "Seccomp:\t2" in facts
    assert machine.run("id", "-u", "babycryd").strip() in facts
    assert machine.run("getent", "group", "audio").split(":")[2] in facts
    assert machine.run("stat", "-c", "%U %a", "/var/lib/babycryd").strip() == "babycryd 700"
    assert machine.run("stat", "-c", "%U:%G %a", CONFIG_PATH).strip() == "root:root 644"
    kept = machine.run("find", "/var/lib/babycryd", "-type", "f", "-perm", "/077")
    assert kept == "", "others may read what the daemon keeps"


def _tells_of_the_cry(machine: Machine) -> None:
    says(machine, "crying", 60)
    assert "last judged" in status(machine, "StatusText")
    assert told(machine, "cry") == "ON"
    says(machine, "listening", 90)


def _another_room_listens_to_a_stream(machine: Machine) -> None:
    """A service of its own beside the first, whose ffmpeg has no more rights than the unit gives."""
    machine.write("/usr/local/bin/ffmpeg", WRAPPER.format(folder="ffmpeg"))
    machine.run("chmod", "755", "/usr/local/bin/ffmpeg")
    machine.start("stream", "python3", "-m", "http.server", "--directory", "/shared", "--bind", "127.0.0.1", "8000")
    room = machine.run("sed", "s/ROOM/twins/", "/usr/share/doc/babycryd/room.yaml")
    machine.write("/etc/babycryd/twins.yaml", re.sub("url: .*", "url: http://127.0.0.1:8000/night.wav", room))
    machine.run("systemctl", "enable", "--now", "babycryd@twins")
    machine.wait(lambda: "listening to http://127.0.0.1:8000" in journal(machine, "babycryd@twins"), 60)
    assert machine.run("stat", "-c", "%U %a", "/var/lib/babycryd-rooms/twins").strip() == "babycryd 700"
    assert status(machine, "ActiveState") == "active"


def _is_killed_when_frozen(machine: Machine) -> None:
    pid = status(machine, "MainPID")
    machine.run("kill", "-STOP", pid)
    machine.wait(lambda: status(machine, "NRestarts") == "1" and status(machine, "ActiveState") == "active", 60)
    assert status(machine, "MainPID") != pid
    assert "Watchdog timeout" in journal(machine)


def _reloads(machine: Machine) -> None:
    says(machine, "listening")
    pid = status(machine, "MainPID")
    machine.write(CONFIG_PATH, CONFIG + "detection: {threshold: 0.8}\n")
    machine.run("systemctl", "reload", "babycryd")
    logs(machine, "reloaded; changed: detection.threshold")
    assert status(machine, "MainPID") == pid


def _stops(machine: Machine) -> None:
    stopwatch = Stopwatch()
    machine.run("systemctl", "stop", "babycryd")
    assert not stopwatch.over(5.0)
    assert status(machine, "Result") == "success"
    assert told(machine, "status") == "stopped"


def _hears_and_plays(machine: Machine) -> None:
    """Through PortAudio and SDL, with nothing more allowed than the unit allows."""
    with_settings(machine, capture="{device: mic}", lullaby="{enabled: true}")
    says(machine, "deaf")
    machine.plug_in_sound_card()
    machine.play("/shared/night.wav")
    says(machine, "listening")
    says(machine, "crying", 60)
    logs(machine, "lullaby starts")
    record = "parec --raw --device=speaker.monitor | head -c 400000 | tr -d '\\0' | wc -c"
    n_bytes = machine.run("env", "PULSE_SERVER=unix:/run/card", "sh", "-c", record)
    assert int(n_bytes) > 10_000, "the speaker is silent"
    machine.run("systemctl", "stop", "room", "babycryd", "card")


def _reaches_the_cloud(machine: Machine) -> None:
    """Its library comes with the package; the bucket is an emulator, which is asked without a key."""
    machine.run("rm", KEY_PATH)
    machine.run("systemctl", "daemon-reload")
    address = "http://127.0.0.1:9023"
    options = ["-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-port", "9023", "-external-url", address]
    machine.start("bucket", "/shared/bucket", *options)
    request = f"r.Request('{address}/storage/v1/b?project=p', b'{{\"name\": \"ours\"}}')"
    make = f"import urllib.request as r; r.urlopen({request})"
    machine.wait(lambda: not machine.fails("python3", "-c", make))
    machine.start("hog", "sh", "-c", "for one in $(seq $(($(nproc) * 3))); do (while :; do :; done) & done; wait")
    with_settings(machine, offload="{enabled: true, bucket: ours, cpu_budget: 0.05, max_lag_s: 0.1}")
    listing = f"import urllib.request as r; print(r.urlopen('{address}/storage/v1/b/ours/o').read().decode())"
    machine.wait(lambda: "recordings/nursery/" in machine.run("python3", "-c", listing), 90)
    machine.wait(lambda: "in the cloud" in status(machine, "StatusText"), 90)
    machine.run("systemctl", "stop", "babycryd", "bucket", "hog")
    machine.write(KEY_PATH, KEY)
    machine.run("systemctl", "daemon-reload")


# Fails unless the page tells of as many failed updates as its argument says
UPDATES_FAILED = """
import json, sys, urllib.request
checks = json.load(urllib.request.urlopen("http://127.0.0.1:8474/api/state"))["checks"]
told = [each["text"] for each in checks if each["what"] == "update" and each["good"] is False]
sys.exit(len(told) != int(sys.argv[1]) or "" in told)
"""


def _refuses_a_broken_upgrade(machine: Machine) -> None:
    """dpkg says no; the daemon runs on, and would start again, in what was there before; its page says so meanwhile."""
    machine.run("systemctl", "start", "babycryd")
    pid, version = status(machine, "MainPID"), machine.run("babycryd", "--version")
    assert machine.fails("dpkg", "-i", "--force-confold", "/shared/broken.deb")
    machine.run("systemctl", "stop", "babycryd-update")  # it would go back by itself: test_fleet_updates.py
    assert "half-configured" in machine.run("dpkg-query", "-W", "-f", "${Status}", "babycryd")
    assert machine.run("babycryd", "--version") == version
    assert status(machine, "MainPID") == pid
    machine.wait(lambda: not machine.fails("python3", "-c", UPDATES_FAILED, "1"), 60)
    machine.run("systemctl", "restart", "babycryd")
    says(machine, "listening")
    machine.run("dpkg", "-i", "--force-confold", "/shared/babycryd.deb")
    machine.wait(lambda: not machine.fails("python3", "-c", UPDATES_FAILED, "0"), 60)
    assert machine.run("dpkg-query", "-W", "-f", "${Status}", "babycryd") == "install ok installed"
    assert len(machine.run("sh", "-c", "ls -d /opt/babycryd/env-*").split()) == 1


def _survives_an_upgrade(machine: Machine) -> None:
    """A real one: another form of the file, and another default in the package, about which dpkg asks."""
    owners = CONFIG + "detection: {threshold: 0.8}\n"
    machine.write(CONFIG_PATH, owners)
    machine.run("systemctl", "start", "babycryd")
    asked = machine.run("sh", "-c", "dpkg -i /shared/next.deb 2>&1", said="\n")  # Enter: keep mine
    assert "Configuration file '/etc/babycryd/babycryd.yaml'" in asked
    assert machine.run("babycryd", "--version").strip() == f"babycryd {NEXT}"
    expected = owners.replace("config_version: 1", "config_version: 2").replace("0.8}", "0.81}")
    assert machine.run("cat", CONFIG_PATH) == expected
    assert machine.run("cat", f"{CONFIG_PATH}.bak-v1") == owners
    assert machine.run("systemctl", "is-active", "babycryd@twins").strip() == "active"
    assert "config_version: 2" in machine.run("cat", "/etc/babycryd/twins.yaml")
    assert machine.run("stat", "-c", "%U:%G %a", CONFIG_PATH).strip() == "root:root 644"
    says(machine, "listening")


def _goes_back(machine: Machine) -> None:
    """The older version refuses the newer file and says what helps; that helps."""
    machine.run("systemctl", "stop", "babycryd-update")  # the trial of the upgrade
    machine.run("dpkg", "-i", "/shared/babycryd.deb", said="\n")
    assert machine.fails("test", "-e", "/var/lib/babycryd-update/trial.json"), "a way back by hand is on trial"
    logs(machine, "is of a newer babycryd; this one knows 1")
    assert status(machine, "ActiveState") != "active"
    machine.run("cp", f"{CONFIG_PATH}.bak-v1", CONFIG_PATH)
    machine.run("systemctl", "reset-failed", "babycryd")
    machine.run("systemctl", "restart", "babycryd")
    says(machine, "listening")


def _keeps_its_secrets(machine: Machine) -> None:
    outputs = everything_said(machine)
    assert "babycryd/nursery/health" in outputs["MQTT"]
    assert found_in(outputs) == []


def _remove_what_the_test_made(machine: Machine) -> None:
    machine.run("systemctl", "stop", "home", "stream")
    ours = ["/usr/local/bin/ffmpeg", "/etc/asound.conf", "/etc/mosquitto/conf.d/test.conf", "/etc/mosquitto/passwords"]
    machine.run("rm", "-f", *ours)
