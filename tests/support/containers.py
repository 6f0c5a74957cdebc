"""Containers, built and run by podman: the slim Debian below them, and what an engine without systemd needs."""

import atexit
import functools
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.debian_packages import ROOT
from tests.support.debian_roots import bootstrap, need_emulator, need_tools

# As Debian's slim images have it
_SLIM = "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude /usr/share/man/*\n"
_UNNEEDED = ("usr/share/man", "usr/share/info", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists", "var/log")
# crun refuses two kinds of cgroups side by side, and needs none here
_HOLD = "umount /sys/fs/cgroup/unified 2> /dev/null; echo ready; exec sleep infinity"
RUN = ("--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000")


@functools.cache
def podman_program() -> tuple[str, ...]:
    """podman in a name space of mounts that lasts as long as the tests."""
    hold = ["unshare", "--mount", "--propagation=slave", "sh", "-c", _HOLD]
    # In a session of its own it outlives Ctrl+C, after which containers are still to be ended
    holder = subprocess.Popen(hold, stdout=subprocess.PIPE, start_new_session=True)
    atexit.register(holder.kill)
    assert holder.stdout is not None
    holder.stdout.readline()
    return ("nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", "podman")


def among_its_mounts(program: str) -> tuple[str, ...]:
    """Another program in podman's name space of mounts: what the one mounts there, the other sees."""
    enter = podman_program()[:-1]
    return (*enter, f"--wd={Path.cwd()}", program)


def podman(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs it to its end, with its output; fails where it does."""
    done = subprocess.run(
        [*podman_program(), *arguments], capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 0 or not check, f"podman {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done


def environment() -> dict[str, str]:
    """That of podman and of the scripts that build with it."""
    return {**os.environ, "BUILDAH_ISOLATION": "chroot", "ENGINE": "podman"}


def built(*command: str, **more: str) -> list[str]:
    """Runs a script of `packaging/`; returns the paths of what it made."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**environment(), **more})
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout.split()


@functools.cache
def container_archive(architecture: str) -> Path:
    """What `docker load` takes, built once; podman has the image, until that of another architecture is built."""
    with TemporaryDirectory(prefix="slim-") as folder:
        base = slim_debian(architecture, Path(folder))
    (path,) = built("packaging/build-container", architecture, BASE=base)
    return ROOT / path


def slim_debian(architecture: str, folder: Path) -> str:
    """The name of a base image as `debian:bookworm-slim` is one; made where podman has none (a minute or more)."""
    need_tools("podman", "debootstrap", "nsenter")
    if architecture == "arm64":
        need_emulator()
    name = f"localhost/babycryd-base:{architecture}"
    if podman("image", "exists", name, check=False).returncode:
        root = folder / f"slim-{architecture}"
        bootstrap("bookworm", architecture, root)
        _slim(root)
        _import(root, name, architecture)
        shutil.rmtree(root)
    return name


def _slim(root: Path) -> None:
    (root / "etc/dpkg/dpkg.cfg.d").mkdir(exist_ok=True)
    (root / "etc/dpkg/dpkg.cfg.d/docker").write_text(_SLIM)
    for name in _UNNEEDED:
        for path in (root / name).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (root / "usr/share/doc").rglob("*"):
        if path.is_file() and path.name != "copyright":
            path.unlink()


def _import(root: Path, name: str, architecture: str) -> None:
    archive = root.with_suffix(".tar")
    subprocess.run(["tar", "-C", root, "-cf", archive, "--exclude=./proc/*", "--exclude=./sys/*", "."], check=True)
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    podman("import", "--quiet", f"--arch={architecture}", "--change", f"ENV {path}", str(archive), name)
    archive.unlink()
