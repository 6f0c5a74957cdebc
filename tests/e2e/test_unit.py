"""The units, as systemd itself judges them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.debian_packages import ROOT

pytestmark = pytest.mark.slow

UNITS = sorted((ROOT / "systemd").iterdir())


@pytest.mark.parametrize("source", UNITS, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "check", [["security", "--offline=true", "--threshold=20"], ["verify", "--man=no", "--recursive-errors=yes"]]
)
def test_the_unit_is_clean_and_hardened(check: list[str], source: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    unit = tmp_path / source.name.replace("@", "@twins")
    # `verify` wants to see the programs that a unit starts; the manual is looked for in the life of an installation
    unit.write_text(source.read_text().replace("/opt/babycryd/bin/babycryd", "/bin/true"))
    done = subprocess.run(["systemd-analyze", *check, str(unit)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
