"""`babycryd doctor` as an owner runs it: a line for everything, and an exit code that tells."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.support.broker import Broker
from tests.support.daemon import write_config
from tests.support.patience import CLOCK_HANG_S
from tests.support.ports import free_port
from tests.support.sound_card import SoundCard
from tests.support.unprivileged_user import UNPRIVILEGED

CONFIG = "device: {{id: nursery}}\ncapture: {{device: mic}}\nstate_dir: {state}\n"
BROKER = "mqtt: {{{login}}}\n"


def doctor(config: Path, env: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """Its exit code, and the mark of each finding with its text."""
    command = [sys.executable, "-m", "babycryd", "doctor", "--config", str(config)]
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)
    assert done.stderr == ""
    found = re.findall(r"^(good|BAD |  - )  (.{18})  (.+)$", done.stdout, re.MULTILINE)
    assert len(found) == len(done.stdout.splitlines())
    return done.returncode, {what.strip(): f"{mark.strip()} {text}" for mark, what, text in found}


@pytest.mark.soundcard
@pytest.mark.broker
def test_where_all_is_well(tmp_path: Path) -> None:
    with Broker() as broker, SoundCard() as card:
        card.room_noise(2e-3)
        text = (CONFIG + BROKER).format(state=tmp_path, folder=tmp_path, login=broker.login(tmp_path))
        code, found = doctor(write_config(tmp_path, text), card.env)
    assert code == 0, found
    assert found["microphone"].startswith("good mic: -5")
    assert all(found[what].startswith("good") for what in ("speaker", "model", "disk", "broker: publish"))
    assert found["bucket"].endswith("nothing is sent to a cloud")


def test_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    text = CONFIG.format(state=tmp_path / "file" / "state") + f"mqtt: {{host: 127.0.0.1, port: {free_port()}}}\n"
    silent = os.environ | {"SDL_AUDIODRIVER": "nonsense", "PULSE_SERVER": "/nowhere"}
    code, found = doctor(write_config(tmp_path, text), silent)
    assert code == 1
    assert {what for what, said in found.items() if said.startswith("BAD")} == {
        "microphone", "speaker", "disk", "broker: connection"
    }  # fmt: skip
    assert "is the broker running" in found["broker: connection"]
    assert found["model"].startswith("good")


TIME_S = np.arange(3 * 16_000) / 16_000


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (0.0 * TIME_S, "muted (alsamixer"),
        (0.1 * np.sin(2 * np.pi * 60 * TIME_S), "only mains hum (60 Hz)"),
        (np.sign(np.sin(2 * np.pi * 400 * TIME_S)), "it clips"),
    ],
    ids=["silence", "hum", "clipping"],
)
def test_a_signal_that_is_no_room(tmp_path: Path, sound: NDArray[np.float64], said: str) -> None:
    soundfile.write(tmp_path / "room.wav", sound, 16_000)
    text = f"state_dir: {tmp_path}\ncapture: {{source: recording, file: {tmp_path}/room.wav}}\n"
    code, found = doctor(write_config(tmp_path, text), os.environ | {"SDL_AUDIODRIVER": "dummy"})
    assert code == 1
    assert found["microphone"].startswith("BAD")
    assert said in found["microphone"]


def test_a_recording_that_is_over_sooner_than_it_is_examined(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "room.wav", 0.003 * np.random.default_rng(1).standard_normal(8000), 16_000)
    text = f"state_dir: {tmp_path}\ncapture: {{source: recording, file: {tmp_path}/room.wav}}\n"
    code, found = doctor(write_config(tmp_path, text), os.environ | {"SDL_AUDIODRIVER": "dummy"})
    assert (code, found["microphone"].partition(" ")[0]) == (0, "good"), found


def test_another_user_than_the_daemons_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o000)
    config = write_config(tmp_path, f"state_dir: {tmp_path}/state\n")
    command = [*UNPRIVILEGED, sys.executable, "-m", "babycryd", "doctor", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)
    assert done.returncode == 1
    assert "cannot be written (Permission denied): run this as the daemon's user (sudo -u babycryd ...)" in done.stdout


def test_a_page_that_would_stay_closed_is_told(tmp_path: Path) -> None:
    (tmp_path / "web-password").touch()
    config = write_config(
        tmp_path, f"state_dir: {tmp_path}\nweb: {{cert_file: {tmp_path}/none, key_file: {tmp_path}/none}}\n"
    )
    code, found = doctor(config, os.environ | {"SDL_AUDIODRIVER": "dummy"})
    assert code == 1
    assert found["page"].startswith("BAD web.password_file: ")
    assert "its first line is empty" in found["page"]
    assert f"web.cert_file {tmp_path}/none" in found["page"]
