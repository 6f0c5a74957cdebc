"""A small Debian that boots with its own systemd, in a container; nothing of it stays."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from tests.support.debian_roots import debian, need_emulator, need_tools
from tests.support.patience import Stopwatch, exit_code

PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,python3-venv,ca-certificates,libportaudio2,libasound2-plugins,adduser,procps,"
    "mosquitto,mosquitto-clients,pulseaudio,pulseaudio-utils,alsa-utils,sudo,unattended-upgrades"
)


# A sound card of PulseAudio's: what is played into the room is what the microphone hears.
CARD = """\
load-module module-native-protocol-unix auth-anonymous=1 socket=/run/card
load-module module-null-sink norewinds=1 sink_name=room rate=48000 channels=2
load-module module-null-sink norewinds=1 sink_name=speaker rate=48000 channels=2
load-module module-remap-source master=room.monitor source_name=mic channels=1
set-default-sink speaker
set-default-source mic
"""
ASOUND = """\
pcm.!default { type pulse server "unix:/run/card" }
ctl.!default { type pulse server "unix:/run/card" }
pcm.mic { type pulse server "unix:/run/card" device "mic" hint { show on description "mic" } }
"""


class Machine:
    """`with Machine(shared, "bookworm") as machine:` boots it; `shared` is /shared in there, to read.

    Needs root, debootstrap and systemd-nspawn, else skips. Another architecture than this computer's is emulated.
    """

    def __init__(self, shared: Path, suite: str, architecture: str = "amd64") -> None:
        need_tools("systemd-nspawn", "debootstrap", "nsenter")
        if architecture == "arm64":
            need_emulator()
        self._suite = suite
        self._architecture = architecture
        self._shared = shared
        self._temporary = Path(tempfile.mkdtemp(prefix="machine-"))
        self._log = (self._temporary / "console.log").open("w+")

    def __enter__(self) -> Self:
        root = debian(self._suite, self._architecture, PACKAGES, self._temporary)
        options = ["--volatile=overlay", "--private-network", f"--bind-ro={self._shared}:/shared", "--register=no"]
        command = ["systemd-nspawn", "-q", "-D", str(root), *options, "--keep-unit", "-b"]
        self._nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self.wait(lambda: self._leader() != "", 30)
            self.wait(lambda: self._up() in ("running", "degraded"), 120)
            if self._architecture == "arm64":
                if self.fails("systemctl", "is-active", "systemd-journald.service"):
                    pytest.skip(f"under this emulator the systemd of {self._suite} starts no service at all")
                # The TFLite runtime crashes where an emulated processor does not fit what /sys says of the real one
                self.run("mount", "-t", "tmpfs", "none", "/sys/devices/system/cpu")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if leader := self._leader():
            subprocess.run(["kill", "-9", leader], check=False)
        self._nspawn.terminate()
        exit_code(self._nspawn, 20)
        self._log.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def run(self, *command: str, said: str | None = None) -> str:
        """Its standard output; fails where it does. `said` is what it reads, else nothing."""
        done = self._do(command, said)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *command: str) -> bool:
        return self._do(command).returncode != 0

    def write(self, path: str, text: str) -> None:
        self.run("mkdir", "-p", str(Path(path).parent))
        self.run("tee", path, said=text)

    def start(self, unit: str, *command: str, **environment: str) -> None:
        """In the background, as `UNIT.service`."""
        variables = [f"--setenv={key}={value}" for key, value in environment.items()]
        self.run("systemd-run", f"--unit={unit}", *variables, *command)

    def plug_in_sound_card(self) -> None:
        self.write("/etc/asound.conf", ASOUND)
        self.write("/root/card.pa", CARD)
        options = ["--exit-idle-time=-1", "--use-pid-file=no", "--daemonize=no"]
        self.start("card", "pulseaudio", "-n", "-F", "/root/card.pa", *options)
        self.wait(lambda: not self.fails("test", "-e", "/run/card"), 60)

    def play(self, path: str) -> None:
        """Into the room."""
        self.start("room", "paplay", "--device=room", path, PULSE_SERVER="unix:/run/card")

    def wait(self, happened: Callable[[], bool], within_s: float = 20.0) -> None:
        """Until it has happened; fails after `within_s` of own time, as the machine's programs are our descendants."""
        stopwatch = Stopwatch()
        while not happened():
            if stopwatch.over(within_s):
                self._log.seek(0)
                pytest.fail(f"not within {within_s:g} s; {self._journal()}\n{self._log.read()[-2000:]}")
            time.sleep(0.3)

    def _do(self, command: tuple[str, ...], said: str | None = None) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "-t", self._leader(), "-m", "-u", "-i", "-n", "-p", "-C", "--root", "--wd=/"]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            [*enter, *command], input=said or "", capture_output=True, text=True, check=False, env=env, timeout=1800
        )

    def _journal(self) -> str:
        return self._do(("journalctl", "-u", "babycryd", "--no-pager", "-n", "30")).stdout

    def _up(self) -> str:
        return self._do(("systemctl", "is-system-running")).stdout.strip()

    def _leader(self) -> str:
        found = subprocess.run(["pgrep", "-P", str(self._nspawn.pid)], capture_output=True, text=True, check=False)
        return found.stdout.split()[0] if found.stdout else ""
