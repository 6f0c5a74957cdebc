"""The benchmark of echo cancellation runs, for one cry and one sound."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.echoes import speex_filter

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_quick_benchmark_prints_its_table(shared: Path) -> None:
    speex_filter()
    command = [sys.executable, "-m", "benchmarks.echo", "--quick", "--processes", "1"]
    env = {"BABYCRYD_SHARED": str(shared), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "recall in quiet: 1.000 of 1 cries" in told.stdout
    assert "| +10 dB |" in told.stdout
