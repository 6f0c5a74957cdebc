"""Root folders of whole Debian systems, made by debootstrap; and the tools for it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def need_tools(*tools: str) -> None:
    """Skips without root's rights or a missing program."""
    if os.geteuid() != 0:
        pytest.skip("a system of its own needs root")
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}: BABYCRYD_SLOW=1 scripts/test installs it")


def need_emulator() -> None:
    """Programs for arm64 run here from now on, also behind a chroot; skips where that cannot be had."""
    need_tools("qemu-aarch64-static", "update-binfmts")
    register = Path("/proc/sys/fs/binfmt_misc")
    if not (register / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(register)], check=False, capture_output=True)
    if not (register / "qemu-aarch64").exists():
        subprocess.run(["update-binfmts", "--enable", "qemu-aarch64"], check=False, capture_output=True)
    if not (register / "qemu-aarch64").exists():
        pytest.skip("the kernel here cannot be told of an emulator (binfmt_misc)")


def debian(suite: str, architecture: str, packages: str, folder: Path) -> Path:
    """A fresh system in a subfolder of `folder` (one to four minutes), or the one that is kept.

    $BABYCRYD_ROOTS may name a folder in which such systems are kept, as `amd64-bookworm`; they are made there where
    they are missing. A test that uses one mounts an overlay over it and leaves it as it is.
    """
    keep = os.environ.get("BABYCRYD_ROOTS")
    root = Path(keep or folder) / f"{architecture}-{suite}"
    if not root.exists():
        unfinished = root.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        bootstrap(suite, architecture, unfinished, f"--include={packages}")
        unfinished.rename(root)
    return root


def bootstrap(suite: str, architecture: str, root: Path, *options: str) -> None:
    """Makes a small system in a new folder; fails where debootstrap does.

    What debootstrap mounts there is gone with it, also where it is killed.
    """
    command = [
        "unshare",
        "--mount",
        "debootstrap",
        f"--arch={architecture}",
        "--variant=minbase",
        *options,
        suite,
        str(root),
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]


def in_debian(root: Path, shared: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a shell script in the system without booting it, to its end; fails where a command of it does.

    `shared` is /shared in there, to read. There is no network, and what the script changes is lost.
    """
    options = ["--volatile=overlay", "--private-network", f"--bind-ro={shared}:/shared", "--register=no", "--keep-unit"]
    command = ["systemd-nspawn", "-q", "-D", str(root), *options, "--pipe", "sh", "-exc", script]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done
