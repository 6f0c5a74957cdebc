"""Programs of the system, and what is told of the trial."""

import os
import subprocess
import sys


class Failed(Exception):  # noqa: N818  # it says what is so
    """A step failed; the text says why."""


def say(text: str) -> None:
    """Tell the journal, or who called dpkg."""
    print(text, file=sys.stderr, flush=True)


def run(*command: str, **environment: str) -> str:
    """Return the standard output of a command. Raises Failed."""
    clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    inherited = {key: value for key, value in os.environ.items() if key.startswith("DPKG_")}  # of dpkg's own roots
    done = subprocess.run(
        command,
        env=clean | inherited | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().split("\n")[0]  # what follows is dpkg's own, and is in its log
        raise Failed(f"{command[0]} failed: {told[:200]}")
    return done.stdout
