"""The commands as a user types them, each in a process of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import CLOCK_HANG_S, HANG_S, wait_until


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a daemon with a speaker that makes no sound and a folder for its state."""
    return os.environ | {"SDL_AUDIODRIVER": "dummy", "STATE_DIRECTORY": str(tmp_path / "state")}


def babycryd(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "babycryd", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=CLOCK_HANG_S)


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("night") / "night.wav"
    soundfile.write(path, demo_samples(), SAMPLE_RATE_HZ)
    return path


def test_replay_tells_the_one_episode_of_the_night(night: Path) -> None:
    told = babycryd("replay", "--jsonl", "--scores", night)
    assert told.returncode == 0
    events: list[dict[str, Any]] = [json.loads(line) for line in told.stdout.splitlines()]
    assert {event["file"] for event in events} == {str(night)}
    cry = next(scene for scene in DemoNight().scenes if scene.what == "cry")
    (started,) = [event for event in events if event["event"] == "cry_started"]
    (ended,) = [event for event in events if event["event"] == "cry_ended"]
    assert cry.start_s < started["at_s"] < cry.start_s + 3
    assert cry.end_s < ended["at_s"] < cry.end_s + 15
    assert started["episode"] == ended["episode"]
    assert ended["duration_s"] == pytest.approx(ended["at_s"] - started["at_s"], abs=0.002)
    assert [event["at_s"] for event in events if event["event"] == "lullaby_started"] == [started["at_s"]]
    scores = [event for event in events if event["event"] == "score"]
    assert all(0 <= event["score"] <= 1 for event in scores)
    assert 40 < len(scores) < 250  # windows of the quiet parts were kept away


def test_replay_is_deterministic(night: Path) -> None:
    first, second = (babycryd("replay", "--jsonl", "--scores", night).stdout for _ in range(2))
    assert first == second != ""


def test_replay_for_people(night: Path) -> None:
    told = babycryd("replay", night)
    assert told.returncode == 0
    assert "the baby cries" in told.stdout
    assert told.stdout.splitlines()[-1].startswith(f"{night}: 1 episode of crying")
    assert told.stderr == ""


def _not_a_number() -> Any:
    return np.full(SAMPLE_RATE_HZ, np.nan, np.float32)


DAMAGED: dict[str, Callable[[Path], object]] = {
    "empty.wav": lambda path: path.touch(),
    "truncated.wav": lambda path: path.write_bytes(b"RIFF\x24\x08\x00\x00WAVEfmt \x10\x00"),
    "text.wav": lambda path: path.write_text("this is no sound\n" * 100),
    "nan.wav": lambda path: soundfile.write(path, _not_a_number(), SAMPLE_RATE_HZ, subtype="FLOAT"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_replay_names_a_file_it_cannot_read_and_does_the_others(name: str, night: Path, tmp_path: Path) -> None:
    DAMAGED[name](tmp_path / name)
    told = babycryd("replay", tmp_path / name, night)
    assert told.returncode == 1
    assert str(tmp_path / name) in told.stderr
    assert "Traceback" not in told.stderr
    assert f"{night}: 1 episode of crying" in told.stdout


@pytest.mark.parametrize(
    ("rate_hz", "channels", "subtype"), [(8_000, 1, "PCM_U8"), (96_000, 1, "PCM_24"), (48_000, 8, "PCM_16")]
)
def test_replay_hears_the_same_in_other_formats(rate_hz: int, channels: int, subtype: str, tmp_path: Path) -> None:
    soxr = pytest.importorskip("soxr")
    night = soxr.resample(demo_samples()[16 * SAMPLE_RATE_HZ : 56 * SAMPLE_RATE_HZ], SAMPLE_RATE_HZ, rate_hz)
    path = tmp_path / "night.wav"
    soundfile.write(path, np.repeat(night[:, None], channels, axis=1), rate_hz, subtype=subtype)
    told = babycryd("replay", path)
    assert told.returncode == 0
    assert f"{path}: 1 episode of crying" in told.stdout


def test_a_bad_configuration_ends_with_2_and_every_mistake(tmp_path: Path) -> None:
    path = write_config(tmp_path, "detection:\n  treshold: 0.4\n  vote: {needed: 99}\nlullaby:\n  max_volume: 3\n")
    commands: list[list[str | Path]] = [
        ["check-config", path],
        ["run", "--config", path],
        ["replay", "--config", path, "x.wav"],
    ]
    for command in commands:
        told = babycryd(*command)
        assert told.returncode == 2, command
        for said in ("detection.treshold (line 2)", "did you mean 'threshold'", "lullaby.max_volume (line 5)"):
            assert said in told.stderr, command
        assert "Traceback" not in told.stderr


def test_check_config_prints_a_schema() -> None:
    schema = json.loads(babycryd("check-config", "--schema").stdout)
    assert schema["$ref"] == "#/$defs/Settings"
    assert "detection" in schema["$defs"]["Settings"]["properties"]


def test_a_recording_that_is_not_there_ends_with_1(env: dict[str, str]) -> None:
    told = babycryd("run", "--recording", "/nowhere/night.wav", env=env)
    assert told.returncode == 1
    assert "/nowhere/night.wav" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_stops_within_two_seconds(number: signal.Signals, night: Path, env: dict[str, str]) -> None:
    with RunningDaemon(["run", "--recording", str(night)], env) as daemon:
        daemon.says("listening to")
        assert daemon.stop(number, within_s=2.0) == 0
        assert "stopped" in daemon.lines[-1]


def test_sighup_applies_what_it_can_and_names_what_it_cannot(night: Path, tmp_path: Path, env: dict[str, str]) -> None:
    path = write_config(tmp_path, "detection: {threshold: 0.6}\n")
    with RunningDaemon(["run", "--config", str(path), "--recording", str(night)], env) as daemon:
        daemon.says("listening to")
        write_config(tmp_path, "detection: {threshold: 0.7}\ncapture: {pre_roll_s: 20}\n")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("reloaded; changed: detection.threshold$")
        daemon.says("need a restart: capture.pre_roll_s")
        write_config(tmp_path, "detection: {threshold: seven}\n")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.says("the configuration stays as it was: .*detection.threshold")
        assert daemon.stop() == 0


def test_json_logs(night: Path, env: dict[str, str]) -> None:
    with RunningDaemon(["run", "--log-format", "json", "--recording", str(night)], env) as daemon:
        daemon.says("listening to")
        daemon.stop()
        messages = [json.loads(line) for line in daemon.lines]
    assert all({"time", "level", "part", "message"} <= message.keys() for message in messages)


def test_without_its_microphone_it_says_so_and_goes_on(tmp_path: Path, env: dict[str, str]) -> None:
    path = write_config(tmp_path, "capture: {device: No Such Microphone}\n")
    with RunningDaemon(["run", "--config", str(path)], env) as daemon:
        daemon.says("deaf: no microphone")
        assert daemon.stop() == 0


def is_bound(taken: socket.socket, port: int) -> bool:
    with contextlib.suppress(OSError):
        taken.bind(("127.0.0.1", port))
        return True
    return False


def test_the_demo_has_its_page_though_the_daemon_has_the_port(env: dict[str, str], tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(lambda: is_bound(taken, 8474), HANG_S, lambda: "another program has port 8474")
        taken.listen()
        with RunningDaemon(["demo"], env | {"TMPDIR": str(temporary)}) as demo:
            line = demo.says(r"answering http://127\.0\.0\.1:(?!8474)\d+") - 1
            address = demo.lines[line].rpartition(" ")[2]
            with urllib.request.urlopen(f"{address}/api/episodes", timeout=CLOCK_HANG_S) as answer:  # noqa: S310  # our own page
                assert len(json.load(answer)["episodes"]) >= 5  # made up
            assert demo.stop(signal.SIGINT) == 0, demo.lines
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_the_demo_runs_to_its_end(env: dict[str, str]) -> None:
    told = babycryd("demo", "--once", env=env)
    assert told.returncode == 0
    for said in ("in the room: the baby cries", "the baby cries (confidence", "lullaby starts", "the baby is calm"):
        assert said in told.stderr
