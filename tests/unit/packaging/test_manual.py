"""The man page and the shell completion are made with what the package's build has: Python, numpy and PyYAML."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("what", "holds"), [("man", ".TH BABYCRYD"), ("bash", "complete ")])
def test_it_needs_no_other_library(what: str, holds: str, tmp_path: Path) -> None:
    for package in (Path(np.__file__).parent, Path(yaml.__file__).parent):
        for part in package.parent.glob(f"{package.name}*"):  # with its own shared libraries beside it
            (tmp_path / part.name).symlink_to(part)
    command = [sys.executable, "-S", "packaging/manual.py", what]
    made = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert holds in made.stdout
