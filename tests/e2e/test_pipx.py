"""The command alone, without service and user, as docs/install.md says under "Without a package"."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.debian_packages import ROOT
from tests.support.documented_commands import boxes

pytestmark = pytest.mark.slow


def test_the_command_alone_is_installed_by_pipx(tmp_path: Path) -> None:
    if shutil.which("pipx") is None:
        pytest.skip("no pipx: BABYCRYD_SLOW=1 scripts/test installs it")
    (box,) = [box for box in boxes(ROOT / "docs" / "install.md") if box.section == "Without a package"]
    env = os.environ | {
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "HOME": str(tmp_path),
    }
    for command in box.commands:
        done = subprocess.run(command.split(), cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    program = str(tmp_path / "bin" / "babycryd")
    night = str(tmp_path / "night.wav")
    for arguments in (["--version"], ["check-config"], ["demo", "--wav", night], ["replay", night]):
        done = subprocess.run([program, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "1 episode of crying" in done.stdout
