"""A newer model beside the real daemon: into the shadow, to the decision, and back where its files are damaged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from babycryd.demo.night import DemoNight
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import HANG_S, wait_until
from tests.support.signed_models import Signer, another_model, offer

pytestmark = [pytest.mark.real_time, pytest.mark.slow]

CONFIG = """
state_dir: {folder}/state
detection: {{episode: {{quiet_s: 3, minimum_s: 1}}}}
lullaby: {{enabled: false}}
web: {{enabled: false}}
model_channel: {{source: {folder}/channel, public_key: {key}}}
"""


def command(config: Path, *words: str) -> str:
    program = [sys.executable, "-m", "babycryd", "model", *words, "--config", str(config)]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


def test_from_the_folder_through_the_shadow_to_the_decision_and_back(tmp_path: Path) -> None:
    signer, night, state = Signer(), tmp_path / "night.wav", tmp_path / "state"
    config = write_config(tmp_path, CONFIG.format(folder=tmp_path, key=signer.public))
    name = offer(tmp_path / "channel", signer, another_model())
    samples = DemoNight().samples()
    soundfile.write(night, samples, 16000)
    run = ["run", "--config", str(config), "--recording", str(night)]

    def both() -> int:
        told = json.loads(command(config, "list", "--json"))
        assert told["comparison"]["differences"] == []
        return int(told["comparison"]["both"])

    with RunningDaemon(run) as daemon:
        daemon.says("the microphone delivers|listening", within_s=HANG_S)
        command(config, "update")  # while it runs
        daemon.says(f"model {name[:12]} hears in the shadow of the shipped model", within_s=HANG_S)
        daemon.says("stopped", within_s=3 * HANG_S)  # the recording is over
    assert (state / "models-shadow.json").exists()
    with RunningDaemon(run) as daemon:
        daemon.says(f"model {name[:12]} hears in the shadow", within_s=HANG_S)
        daemon.says("stopped", within_s=3 * HANG_S)
    wait_until(lambda: both() >= 1, HANG_S, lambda: daemon.lines)
    with RunningDaemon(run) as daemon:
        daemon.says("hears in the shadow of the shipped model", within_s=HANG_S)
        command(config, "switch", "--now")
        again = daemon.says(f"starting again with model {name[:12]}", within_s=2 * HANG_S)
        decides = daemon.says(f"model {name[:12]} of the channel decides", within_s=HANG_S, after=again)
        daemon.says("the shipped model hears in the shadow of model", within_s=HANG_S, after=decides)
        daemon.says("cry", within_s=2 * HANG_S, after=decides)  # it hears
    (state / "models" / name / "cry.tflite").write_bytes(b"half")
    with RunningDaemon(run) as daemon:
        daemon.says(f"model {name[:12]} is rolled back, and the shipped model decides: .*damaged", within_s=HANG_S)
        daemon.says("cry", within_s=2 * HANG_S)
    assert name[:12] in command(config, "list")
