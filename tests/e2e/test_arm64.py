"""As on a Raspberry Pi: a 64-bit ARM Debian that boots, where a new owner follows docs/install.md to the letter."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.booted_debian import PACKAGES, Machine
from tests.support.debian_packages import ROOT, build
from tests.support.debian_roots import debian, in_debian, need_emulator, need_tools
from tests.support.demo_sound import demo_samples
from tests.support.documented_commands import Box, boxes, merged
from tests.support.heard_alike import cries_heard_alike
from tests.support.planted_secrets import PLANTED, found_in

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "install.md"
# Are tried in test_pipx.py, test_container_page.py and test_apt_repository.py
ELSEWHERE = ("Without a package", "In a container", "From an apt repository")
BROKER = "listener 1883\nallow_anonymous false\npassword_file /etc/mosquitto/passwords\n"
NIGHTS = 3
CPU = "cortex-a53"  # of the Zero 2 W and the 3: without the instructions that later ones have
NAMES = [f"night-{seed}.flac" for seed in range(NIGHTS)]
REPLAY = f"cd /shared && QEMU_CPU={CPU} babycryd replay --jsonl --scores {' '.join(NAMES)}"
INSTALL_DEMO_AND_REPLAY = f"""
mount -t tmpfs none /sys/devices/system/cpu  # else TFLite crashes: see tests/support/booted_debian.py
cp /shared/*.deb /root
apt-get install -y --no-install-recommends /root/*.deb >&2
test "$(dpkg --print-architecture)" = arm64
babycryd demo --once >&2
{REPLAY}
"""
# Of an emulated process the kernel makes no user namespace, and it needs more memory and time
EMULATED = """\
[Service]
PrivateUsers=no
MemoryHigh=infinity
MemoryMax=infinity
WatchdogSec=300
TimeoutStartSec=300
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(build("arm64"), folder)
    for seed in range(NIGHTS):
        soundfile.write(folder / f"night-{seed}.flac", DemoNight(seed).samples(), SAMPLE_RATE_HZ)
    night = demo_samples()
    quiet = night[-20 * SAMPLE_RATE_HZ :]
    cry = night[23 * SAMPLE_RATE_HZ : 36 * SAMPLE_RATE_HZ]
    soundfile.write(folder / "room.wav", np.concatenate([*[quiet] * 45]), SAMPLE_RATE_HZ)
    soundfile.write(folder / "cry.wav", cry, SAMPLE_RATE_HZ)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    return folder


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def pi(shared: Path, request: pytest.FixtureRequest) -> Iterator[Machine]:
    with Machine(shared, request.param, "arm64") as machine:
        yield machine


class Owner:
    """Does what the page says: each command as it stands there, and into the editor the box that comes next."""

    def __init__(self, machine: Machine, page: list[Box]) -> None:
        self._machine = machine
        self._page = [box for box in page if box.section not in ELSEWHERE]
        self.said: dict[str, str] = {}

    def follow(self, section: str) -> None:
        for number, box in enumerate(self._page):
            if box.section != section or box.kind != "sh":
                continue
            for command in box.commands:
                if command.startswith("sudo nano"):
                    self._edit(command.split()[-1], self._page[number + 1 :])
                else:
                    self.said[command] = self._machine.run("sh", "-c", f"cd /root && {command} 2>&1", said="y\n")

    def _edit(self, path: str, following: list[Box]) -> None:
        if path.endswith("password"):
            text = PLANTED.mqtt_password + "\n"
        else:
            # The owner puts the lines where they belong; here the sections that are in the file make room for them
            added = next(box.text for box in following if box.kind == "yaml")
            text = merged(self._machine.run("cat", path), added)
        self._machine.run("sh", "-c", f"cat > {path}", said=text)


def test_a_new_owner_follows_the_page(pi: Machine, shared: Path) -> None:
    (package,) = shared.glob("*.deb")
    pi.run("cp", f"/shared/{package.name}", "/root/")
    pi.write("/etc/systemd/system/babycryd.service.d/emulated.conf", EMULATED)
    owner = Owner(pi, boxes(PAGE))
    owner.follow("Install")
    assert "the baby cries" in owner.said["babycryd demo --once"]
    assert "lullaby starts" in owner.said["babycryd demo --once"]
    assert pi.run("dpkg", "--print-architecture").strip() == "arm64"
    assert cries_heard_alike(pi.run("sh", "-c", REPLAY), NAMES, shared) >= NIGHTS - 1
    _doctor_says_what_is_missing(pi)
    pi.plug_in_sound_card()
    pi.play("/shared/room.wav")
    owner.follow("Microphone and speaker")
    assert " mic " in owner.said["babycryd devices"]
    assert "BAD" not in owner.said["sudo -u babycryd babycryd doctor"]
    owner.follow("Is it listening?")
    _hears_a_cry(pi)
    _set_up_the_broker(pi)
    owner.follow("The home")
    assert "BAD" not in owner.said["sudo -u babycryd babycryd doctor"]
    owner.follow("Look after it")
    assert "retained topics emptied" in owner.said["sudo -u babycryd babycryd mqtt unpublish"]
    assert pi.fails("test", "-e", "/opt/babycryd")
    assert pi.fails("test", "-e", "/etc/babycryd")
    assert found_in(owner.said) == []
    _nothing_was_left_out(owner)


def test_installed_without_a_boot_it_hears_the_same(shared: Path, tmp_path: Path) -> None:
    """Also where the emulator runs no service of Trixie's systemd."""
    need_tools("systemd-nspawn", "debootstrap")
    need_emulator()
    done = in_debian(debian("trixie", "arm64", PACKAGES, tmp_path), shared, INSTALL_DEMO_AND_REPLAY)
    assert "the baby cries" in done.stderr
    assert "lullaby starts" in done.stderr
    assert cries_heard_alike(done.stdout, NAMES, shared) >= NIGHTS - 1


def _doctor_says_what_is_missing(pi: Machine) -> None:
    told = pi.run("sh", "-c", "babycryd doctor; echo exit code $?")
    assert "BAD   microphone          no microphone found: plug one in" in told
    assert "BAD   speaker" in told
    assert "good  model" in told
    assert told.endswith("exit code 1\n")


def _hears_a_cry(pi: Machine) -> None:
    pi.wait(lambda: "StatusText=listening" in pi.run("systemctl", "show", "babycryd"), 120)
    pi.run("env", "PULSE_SERVER=unix:/run/card", "paplay", "--device=room", "/shared/cry.wav")
    pi.wait(lambda: "lullaby starts" in pi.run("journalctl", "-u", "babycryd", "--no-pager"), 120)
    assert "the baby cries" in pi.run("journalctl", "-u", "babycryd", "--no-pager")


def _set_up_the_broker(pi: Machine) -> None:
    pi.run("sh", "-c", "echo 127.0.0.1 homeassistant.local >> /etc/hosts")
    pi.write("/etc/mosquitto/conf.d/test.conf", BROKER)
    pi.run("mosquitto_passwd", "-b", "-c", "/etc/mosquitto/passwords", "babycryd", PLANTED.mqtt_password)
    pi.run("chown", "mosquitto", "/etc/mosquitto/passwords")
    pi.run("systemctl", "restart", "mosquitto")


def _nothing_was_left_out(owner: Owner) -> None:
    wanted = {
        command for box in boxes(PAGE) if box.kind == "sh" and box.section not in ELSEWHERE for command in box.commands
    }
    assert {command for command in wanted if not command.startswith("sudo nano")} == set(owner.said)
