"""A small Debian that boots with its own systemd, in a container; nothing of it stays."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,python3-venv,ca-certificates,libportaudio2,libasound2-plugins,adduser,procps,"
    "mosquitto,mosquitto-clients"
)


class Machine:
    """`with Machine(shared) as machine:` boots it; `shared` is /shared in there, to read.

    Needs root, debootstrap and systemd-nspawn, else skips. Its root folder is made anew (a minute and a half), unless
    BABYCRYD_BOOT_ROOT names one made by `debootstrap --variant=minbase --include=PACKAGES`, which stays as it is.
    """

    def __init__(self, shared: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("booting a system needs root")
        for tool in ("systemd-nspawn", "debootstrap", "nsenter"):
            if shutil.which(tool) is None:
                pytest.skip(f"no {tool}: apt install systemd-container debootstrap")
        self._shared = shared
        self._temporary = Path(tempfile.mkdtemp(prefix="machine-"))
        self._log = (self._temporary / "console.log").open("w+")

    def __enter__(self) -> Self:
        root = Path(os.environ.get("BABYCRYD_BOOT_ROOT") or self._made())
        options = ["--volatile=overlay", "--private-network", f"--bind-ro={self._shared}:/shared", "--register=no"]
        command = ["systemd-nspawn", "-q", "-D", str(root), *options, "--keep-unit", "-b"]
        self._nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self.wait(lambda: self._leader() != "", 30)
            self.wait(lambda: self._up() in ("running", "degraded"), 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if leader := self._leader():
            subprocess.run(["kill", "-9", leader], check=False)
        self._nspawn.terminate()
        self._nspawn.wait(20)
        self._log.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def run(self, *command: str) -> str:
        """Its standard output; fails where it does."""
        done = self._do(command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *command: str) -> bool:
        return self._do(command).returncode != 0

    def write(self, path: str, text: str) -> None:
        self.run("mkdir", "-p", str(Path(path).parent))
        done = self._do(("tee", path), text)
        assert done.returncode == 0, done.stderr

    def wait(self, happened: Callable[[], bool], within_s: float = 20.0) -> None:
        deadline_s = time.monotonic() + within_s
        while not happened():
            if time.monotonic() > deadline_s:
                self._log.seek(0)
                pytest.fail(f"not within {within_s:g} s; {self._journal()}\n{self._log.read()[-2000:]}")
            time.sleep(0.3)

    def _do(self, command: tuple[str, ...], text: str | None = None) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "-t", self._leader(), "-m", "-u", "-i", "-n", "-p", "-C", "--root", "--wd=/"]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            [*enter, *command], input=text, capture_output=True, text=True, check=False, env=env, timeout=180
        )

    def _journal(self) -> str:
        return self._do(("journalctl", "-u", "babycryd", "--no-pager", "-n", "30")).stdout

    def _up(self) -> str:
        return self._do(("systemctl", "is-system-running")).stdout.strip()

    def _leader(self) -> str:
        found = subprocess.run(["pgrep", "-P", str(self._nspawn.pid)], capture_output=True, text=True, check=False)
        return found.stdout.split()[0] if found.stdout else ""

    def _made(self) -> Path:
        root = self._temporary / "root"
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return root
