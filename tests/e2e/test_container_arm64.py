"""The container for 64-bit ARM, built of the same file and run under emulation."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from babycryd import __version__
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.containers import RUN, container_archive, podman
from tests.support.heard_alike import REPLAY, cries_heard_alike
from tests.support.patience import wait_until

pytestmark = pytest.mark.slow

IMAGE = f"localhost/babycryd:{__version__}"
MOST_BYTES = 250_000_000
CONFIG = "capture: {source: recording, file: /night/night.flac, loop: true}\n"
STARTS_S = 600.0  # own time


@pytest.fixture(scope="module")
def archive() -> Path:
    return container_archive("arm64")


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A folder with a recording of a night, and a configuration that listens to it."""
    soundfile.write(tmp_path / "night.flac", DemoNight(1).samples(), SAMPLE_RATE_HZ)
    (tmp_path / "babycryd.yaml").write_text(CONFIG)
    (tmp_path / "empty").mkdir()
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.fixture
def options(night: Path) -> Iterator[list[str]]:
    podman("rm", "--force", "--time=5", "babycryd-arm64", check=False)
    # The TFLite runtime crashes where an emulated processor does not fit what /sys says of the real one
    seen = ("babycryd.yaml:/etc/babycryd/babycryd.yaml", ":/night", "empty:/sys/devices/system/cpu")
    volumes = [f"--volume={night}/{each}:ro" for each in seen]
    yield [*RUN, "--network=none", "--read-only", "--tmpfs=/tmp", *volumes, "--workdir=/night"]
    podman("rm", "--force", "--time=5", "babycryd-arm64", check=False)


def test_it_is_small_and_hears_as_here(archive: Path, night: Path, options: list[str]) -> None:
    facts = json.loads(podman("image", "inspect", IMAGE).stdout)[0]
    sys.stderr.write(f"{facts['Size'] / 1e6:.0f} MB, {archive.stat().st_size / 1e6:.0f} MB to download\n")
    assert facts["Architecture"] == "arm64"
    assert facts["Size"] <= MOST_BYTES
    there = podman("run", "--rm", *options, IMAGE, *REPLAY, "night.flac").stdout
    assert cries_heard_alike(there, ["night.flac"], night)


def test_it_becomes_healthy_and_tells_of_a_cry(archive: Path, options: list[str]) -> None:
    def log() -> str:
        return podman("logs", "babycryd-arm64").stdout + podman("logs", "babycryd-arm64").stderr

    podman("run", "--detach", "--name=babycryd-arm64", *options, IMAGE)
    wait_until(lambda: not podman("healthcheck", "run", "babycryd-arm64", check=False).returncode, STARTS_S, log)
    wait_until(lambda: "the baby cries" in log(), STARTS_S, log)
    told = podman("exec", "babycryd-arm64", "babycryd", "doctor", check=False).stdout
    assert "good  microphone" in told
    assert "good  model" in told
