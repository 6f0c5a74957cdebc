"""Engines of containers, each as the `docker` of an owner's shell: Debian's podman, and Docker with its own daemon."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.containers import RUN, environment, podman, podman_program
from tests.support.debian_roots import need_tools
from tests.support.patience import HANG_S, exit_code, wait_until

DOCKER = "/usr/bin/docker"
# runc refuses two kinds of cgroups side by side; a bridge would change the rules of this machine's network
_DAEMON = """
umount /sys/fs/cgroup/unified 2> /dev/null
exec dockerd --data-root {0}/data --exec-root {0}/run --pidfile {0}/pid -H unix://{0}/socket \\
    --bridge=none --iptables=false --ip6tables=false --ip-forward=false
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """How `docker` is called here."""

    command: str  # for the shell
    run: str  # what `docker run` needs besides
    examine: Callable[[], object]  # does the health check of the container babycryd, where no timer does

    def shim(self, folder: Path, more: Mapping[str, str]) -> str:
        """A folder for $PATH with this `docker`; `more` replaces arguments that this machine cannot obey."""
        program = folder / "docker"
        cases = "".join(f'    {each}) set -- "$@" {replacement} ;;\n' for each, replacement in more.items())
        program.write_text(
            "#!/bin/bash\n"
            f'arguments=("$@"); set --\nfor each in "${{arguments[@]}}"; do case $each in\n{cases}'
            '    *) set -- "$@" "$each" ;;\nesac; done\n'
            f'[ "$1" != run ] || {{ shift; set -- run {self.run} "$@"; }}\n'
            f'exec {self.command} "$@"\n'
        )
        program.chmod(0o755)
        return str(folder)


@contextmanager
def podman_engine() -> Iterator[Engine]:
    """Podman, whose health checks would need systemd's timers."""
    need_tools("podman")
    command = " ".join(podman_program()).replace("nsenter", "nsenter --wd=$PWD")
    yield Engine(command, " ".join(RUN), lambda: podman("healthcheck", "run", "babycryd", check=False))


@contextmanager
def docker_engine() -> Iterator[Engine]:
    """Docker's own daemon while the block runs, with all that it keeps in a folder of its own."""
    need_tools("dockerd", "unshare", DOCKER)
    with TemporaryDirectory(prefix="docker-", ignore_cleanup_errors=True) as name:  # short, as paths of sockets must be
        folder = Path(name)
        client = [DOCKER, "-H", f"unix://{folder}/socket"]
        command = ["unshare", "--mount", "--propagation=slave", "sh", "-c", _DAEMON.format(folder)]
        with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as daemon:
            try:
                wait_until(lambda: _answers(client), HANG_S, (folder / "log").read_text)
                yield Engine(" ".join(client), "", lambda: None)
            finally:
                daemon.terminate()
                exit_code(daemon, HANG_S)


def _answers(client: list[str]) -> bool:
    return subprocess.run([*client, "version"], check=False, capture_output=True).returncode == 0


def shell(box: str, folder: Path, path: str) -> str:
    """Runs commands of a page in a folder, with this $PATH; returns their output, fails where they do."""
    env = environment() | {"PATH": path, "HOME": "/root"}
    done = subprocess.run(["sh", "-ec", box], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{box}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr
