"""Cameras, against GStreamer's RTSP server: codecs, logins, faults, and ten losses while the baby cries."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.settings import CaptureSettings
from babycryd.core.check_result import CheckResult
from babycryd.monitoring.network_check import network_microphone
from tests.support.broker import make_certificates
from tests.support.daemon import RunningDaemon, write_config
from tests.support.fast_daemon import seen
from tests.support.patience import HANG_S
from tests.support.planted_secrets import PLANTED
from tests.support.rtsp_camera import CODECS, FILE, OPUS, VIDEO, RtspCamera, need_gstreamer
from tests.support.sound_card import SoundCard
from tests.support.unpluggable_sound import crying

pytestmark = pytest.mark.slow

LOSSES = 10
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/{name}
capture: {{{capture}}}
detection: {{episode: {{minimum_s: 1, quiet_s: 6}}}}
lullaby: {{enabled: false}}
self_test: {{every_h: 0}}
web: {{enabled: false}}
log: {{format: {log}}}
"""


@pytest.fixture(scope="module", params=[True, False], ids=["digest", "basic"])
def camera(request: pytest.FixtureRequest) -> Iterator[RtspCamera]:
    mounts = CODECS | {"/video": VIDEO + "name=pay0", "/both": f"{VIDEO} name=pay1 pt=96 {CODECS['/opus']}"}
    with RtspCamera(mounts, login=("anna b", PLANTED.web_password), digest=request.param) as running:
        yield running


def examine(camera: RtspCamera, path: str, password: str | None = PLANTED.web_password) -> CheckResult:
    settings = CaptureSettings(url=camera.url(path), username="anna b")
    return asyncio.run(network_microphone(settings, lambda: password))


@pytest.mark.parametrize("path", [*CODECS, "/both"])
def test_every_codec_is_heard(camera: RtspCamera, path: str) -> None:
    result = examine(camera, path)
    assert result.good, result.text


@pytest.mark.parametrize(
    ("path", "password", "reason"),
    [
        ("/opus", "wrong", "refuses the login"),
        ("/opus", None, "refuses the login"),
        ("/nothing", PLANTED.web_password, "knows no such stream"),
        ("/video", PLANTED.web_password, "has no sound track"),
    ],
)
def test_every_fault_is_told(camera: RtspCamera, path: str, password: str | None, reason: str) -> None:
    result = examine(camera, path, password)
    assert not result.good
    assert reason in result.text


def test_an_encrypted_camera_is_heard(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    login = ("anna b", PLANTED.web_password)
    with RtspCamera({"/opus": CODECS["/opus"]}, login=login, certificate=tmp_path) as camera:
        assert camera.url("/opus").startswith("rtsps://")
        assert examine(camera, "/opus").good
        assert "refuses the login" in examine(camera, "/opus", "wrong").text


@pytest.fixture(scope="module")
def cry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of crying, with pauses."""
    path = tmp_path_factory.mktemp("cry") / "cry.wav"
    scene = np.concatenate([crying(12), np.random.default_rng(1).normal(0, 1e-3, 10 * SAMPLE_RATE_HZ)])
    soundfile.write(path, np.tile(scene, 27), SAMPLE_RATE_HZ, subtype="PCM_16")
    return path


def children_of(process: "subprocess.Popen[str]") -> list[str]:
    """State and name of every child of a process, zombies too."""
    pids = [
        pid for task in Path(f"/proc/{process.pid}/task").iterdir() for pid in (task / "children").read_text().split()
    ]
    return [Path(f"/proc/{pid}/stat").read_text().split("(")[1][:20] for pid in pids]


def rss_mb(process: "subprocess.Popen[str]") -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_ten_losses_while_the_baby_cries(cry: Path, tmp_path: Path) -> None:
    with RtspCamera({"/cam": FILE.format(cry)}) as camera:
        capture = f"url: {camera.url('/cam')}"
        config = write_config(tmp_path, CONFIG.format(folder=tmp_path, name="state", capture=capture, log="text"))
        with RunningDaemon(["run", "--config", str(config)]) as daemon:
            line, rss, told_s, back_s = 0, list[float](), list[float](), list[float]()
            for number in range(LOSSES):
                line = daemon.says("listening to rtsp", within_s=HANG_S, after=line)
                line = daemon.says("the baby cries", within_s=HANG_S, after=line)
                rss.append(rss_mb(daemon.process))
                lost_s = time.monotonic()
                camera.freeze() if number % 2 else camera.kill()
                line = daemon.says("deaf: ", within_s=HANG_S, after=line)
                told_s.append(time.monotonic() - lost_s)
                if number % 2:
                    camera.kill()
                camera.start()
                started_s = time.monotonic()
                daemon.says("listening to rtsp", within_s=HANG_S, after=line)
                back_s.append(time.monotonic() - started_s)
            daemon.says("the baby cries", within_s=HANG_S, after=line)
            children = children_of(daemon.process)
            assert [each for each in children if "Z" in each.rpartition(")")[2]] == []
            assert sum("ffmpeg" in each for each in children) == 1
            assert daemon.stop() == 0
    seen(
        f"{LOSSES} losses: told after {np.median(told_s[::2]):.1f} s (killed) and {np.median(told_s[1::2]):.1f} s "
        f"(frozen), at most {max(told_s):.1f} s; back after {np.median(back_s):.1f} s, at most {max(back_s):.1f} s; "
        f"memory {rss[1]:.1f} to {rss[-1]:.1f} MB"
    )
    assert rss[-1] - rss[1] < 5


def all_say(daemons: list[RunningDaemon], pattern: str, after: list[int]) -> list[int]:
    return [each.says(pattern, within_s=HANG_S, after=line) for each, line in zip(daemons, after, strict=True)]


def moment_s(line: str) -> float:
    """Time of a line of the log, which is JSON."""
    return datetime.fromisoformat(json.loads(line)["time"]).timestamp()


def test_a_cry_through_a_camera_and_through_a_sound_card(tmp_path: Path) -> None:
    """Both hear the same room; the difference of the moments at which they tell of the same cry."""
    need_gstreamer()
    differences_s = []
    with SoundCard() as card:
        card.room_noise(2e-3)
        heard = (
            f"pulsesrc server=unix:{card.home}/pulse/native device=room.monitor ! audioconvert ! audioresample ! {OPUS}"
        )
        with RtspCamera({"/cam": heard}) as camera:
            configs = []
            for name, capture in (("card", "device: mic"), ("camera", f"url: {camera.url('/cam')}")):
                (tmp_path / name).mkdir()
                configs.append(
                    write_config(
                        tmp_path / name, CONFIG.format(folder=tmp_path, name=name, capture=capture, log="json")
                    )
                )
            first, second = (RunningDaemon(["run", "--config", str(config)], card.env) for config in configs)
            with first as by_card, second as by_camera:
                run = [by_card, by_camera]
                at = all_say(run, "listening to", [0, 0])
                for _ in range(5):
                    card.play(crying(8))
                    at = all_say(run, "the baby cries", at)
                    card.end_players()
                    moments_s = [moment_s(each.lines[line - 1]) for each, line in zip(run, at, strict=True)]
                    differences_s.append(moments_s[1] - moments_s[0])
                    at = all_say(run, "the baby is calm", at)
    seen(f"a camera tells {np.median(differences_s):.2f} s later than a sound card ({np.round(differences_s, 2)})")
