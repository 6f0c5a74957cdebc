"""The container, built as packaging/build-container does: its size, its rights, and what it hears."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from babycryd import __version__
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.containers import RUN, container_archive, podman
from tests.support.debian_packages import LIBRARIES
from tests.support.heard_alike import REPLAY, cries_heard_alike

pytestmark = pytest.mark.slow

IMAGE = f"localhost/babycryd:{__version__}"
MOST_BYTES = 250_000_000
GUARDED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges")


@pytest.fixture(scope="module")
def archive() -> Path:
    return container_archive("amd64")


def inside(*command: str, options: tuple[str, ...] = ()) -> str:
    program, *arguments = command
    return podman(
        "run", "--rm", *RUN, "--network=host", *GUARDED, *options, f"--entrypoint={program}", IMAGE, *arguments
    ).stdout


def test_it_is_small_and_has_few_rights(archive: Path) -> None:
    facts: dict[str, Any] = json.loads(podman("image", "inspect", IMAGE).stdout)[0]
    sys.stderr.write(f"{facts['Size'] / 1e6:.0f} MB, {archive.stat().st_size / 1e6:.0f} MB to download\n")
    assert facts["Size"] <= MOST_BYTES
    assert facts["Config"]["User"] == "babycryd"
    assert facts["Healthcheck"]["Test"] == ["CMD", "babycryd-healthy"]
    status = inside("cat", "/proc/self/status")
    assert "CapBnd:\t0000000000000000" in status
    assert "Uid:\t8474\t" in status
    assert "29" in status.partition("Groups:")[2].splitlines()[0].split(), "not in the group of sound devices"
    assert "Read-only file system" in inside("sh", "-c", "touch /x 2>&1; test ! -e /x")
    assert inside("sh", "-c", "command -v apt dpkg perl gcc pip; true") == ""


def test_every_library_is_whole_and_hears_as_here(archive: Path, tmp_path: Path) -> None:
    inside("/opt/babycryd/current/bin/python3", "-I", "-c", f"import {', '.join(LIBRARIES)}")
    soundfile.write(tmp_path / "night.flac", DemoNight(1).samples(), SAMPLE_RATE_HZ)
    tmp_path.chmod(0o755)
    there = inside("babycryd", *REPLAY, "night.flac", options=(f"--volume={tmp_path}:/night:ro", "--workdir=/night"))
    assert cries_heard_alike(there, ["night.flac"], tmp_path)
