"""The container, built as packaging/build-container does, and run as docs/install.md tells a new user."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from babycryd import __version__
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.containers import RUN, built, docker_shim, podman, slim_debian
from tests.support.debian_packages import LIBRARIES, ROOT
from tests.support.documented_commands import boxes
from tests.support.open_sound_card import a_cry, open_sound_card
from tests.support.patience import wait_until

pytestmark = pytest.mark.slow

IMAGE = f"localhost/babycryd:{__version__}"
MOST_BYTES = 250_000_000
GUARDED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges")
SCORE_TOLERANCE = 0.005  # as in test_arm64.py


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `docker load` takes; the image is there already."""
    base = slim_debian("amd64", tmp_path_factory.mktemp("base"))
    (path,) = built("packaging/build-container", "amd64", BASE=base)
    return ROOT / path


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
    assert inside("sh", "-c", "command -v apt perl gcc pip; true") == ""


def test_every_library_is_whole_and_hears_as_here(archive: Path, tmp_path: Path) -> None:
    inside("/opt/babycryd/current/bin/python3", "-I", "-c", f"import {', '.join(LIBRARIES)}")
    soundfile.write(tmp_path / "night.flac", DemoNight(1).samples(), SAMPLE_RATE_HZ)
    tmp_path.chmod(0o755)
    command = ["replay", "--jsonl", "--scores", "night.flac"]
    there = inside("babycryd", *command, options=(f"--volume={tmp_path}:/night:ro", "--workdir=/night"))
    program = [sys.executable, "-m", "babycryd", *command]
    here = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    pairs = [
        (json.loads(one), json.loads(other)) for one, other in zip(*map(str.splitlines, (there, here)), strict=True)
    ]
    differences = [abs(one["score"] - other["score"]) for one, other in pairs if one["event"] == "score"]
    assert len(differences) > 10
    assert max(differences) < SCORE_TOLERANCE
    assert [one["event"] for one, _ in pairs] == [other["event"] for _, other in pairs]


def test_a_new_user_follows_the_page(archive: Path, tmp_path: Path) -> None:
    commands = [box.text for box in boxes(ROOT / "docs" / "install.md") if box.section == "In a container"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "card").mkdir()
    (tmp_path / f"babycryd-container_{__version__}_amd64.tar.xz").symlink_to(archive)
    podman("rm", "--force", "--time=1", "babycryd", check=False)
    podman("volume", "rm", "--force", "babycryd", check=False)
    with open_sound_card(tmp_path / "card") as card:
        sound = {
            "--device": f"--volume={card.folder}:/run/card",
            "/dev/snd": f"--volume={card.asound_conf('/run/card')}:/etc/asound.conf:ro",
        }
        path = f"{docker_shim(tmp_path / 'bin', sound)}:/usr/sbin:/usr/bin:/sbin:/bin"

        def follow(box: str) -> str:
            done = subprocess.run(
                ["sh", "-ec", box],
                cwd=tmp_path,
                env={"PATH": path, "HOME": "/root"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{box}: {done.stdout}{done.stderr}"
            return done.stdout + done.stderr

        load, start, look, examine, remove = commands
        assert " mic " in follow(load)
        follow(start)

        def log() -> str:
            return follow("docker logs babycryd")

        wait_until(lambda: not podman("healthcheck", "run", "babycryd", check=False).returncode, 120, log)
        card.play(a_cry(tmp_path / "cry.wav"))
        wait_until(lambda: "lullaby starts" in log(), 120, log)
        assert "the baby cries" in follow(look)
        assert "BAD" not in follow(examine)
        follow(remove)
        assert podman("container", "exists", "babycryd", check=False).returncode
