"""Environment of the rehearsal: this Python where it has the libraries, else one that is made in `.venv-cloud`."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / ".venv-cloud"
# One of each extra, and one that no extra of a device has
MODULES: Final = ("apache_beam", "bqemulator", "duckdb", "jupytext", "papermill", "pyarrow", "pytest", "tensorflow")


def has_libraries() -> bool:
    """Return whether this Python has what the rehearsal needs."""
    return all(importlib.util.find_spec(name) for name in MODULES)


def make() -> Path:
    """Make the environment where it is missing or half made, and return its Python. Exits where pip fails."""
    python = FOLDER / "bin" / "python"
    done = FOLDER / "whole"
    if done.exists() and done.read_bytes() == (ROOT / "pyproject.toml").read_bytes():
        return python
    began_s = time.monotonic()
    print(f"making {FOLDER} with the extras dev and cloud-training: about 3 GB, once", file=sys.stderr, flush=True)
    for command in (
        [sys.executable, "-m", "venv", str(FOLDER)],
        [str(python), "-m", "pip", "install", "--quiet", "--prefer-binary", "-e", ".[dev,cloud-training]"],
    ):
        made = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  # our own commands
        if made.returncode:
            sys.exit(f"{' '.join(command)} failed; is there a network? Run the command again")
    done.write_bytes((ROOT / "pyproject.toml").read_bytes())
    print(f"made in {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
    return python


def enter() -> None:
    """Go on in an environment with the libraries: this one, or the one of `make`."""
    if has_libraries():
        return
    python = make()
    if Path(sys.prefix) == FOLDER:
        sys.exit(f"{FOLDER} lacks libraries: delete it and run the command again")
    os.execv(python, [str(python), *sys.argv])  # noqa: S606  # the same command
