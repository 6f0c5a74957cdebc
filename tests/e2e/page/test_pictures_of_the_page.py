"""The program that makes the pictures in docs/images still finds what it shows."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, "scripts")
import make_screenshots
make_screenshots.FOLDER = Path(sys.argv[1])
make_screenshots.main()
"""


@pytest.mark.slow
def test_every_picture_is_made_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, check=True, timeout=600)
    shown = {path.name for path in (ROOT / "docs" / "images").iterdir()} - {"home-assistant.png"}
    assert {path.name for path in tmp_path.iterdir()} == shown
