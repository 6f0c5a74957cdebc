"""The real daemon proves its microphone by the real (virtual) speaker, and says so where it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.sound_card import SoundCard

pytestmark = [pytest.mark.soundcard, pytest.mark.broker]

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
capture: {{device: mic}}
detection: {{gate: {{floor_rise_db_per_s: 5}}}}
self_test: {{every_h: 0.001}}
mqtt: {{{login}}}
"""


def test_a_soft_chirp_proves_the_microphone_and_is_no_cry(tmp_path: Path) -> None:
    with Broker() as broker, SoundCard(echo=0.25) as card, broker.subscriber() as home:
        path = write_config(tmp_path, CONFIG.format(folder=tmp_path, login=broker.login(tmp_path)))
        card.room_noise()
        with RunningDaemon(["run", "--config", str(path)], card.env) as daemon, card.recording_speaker() as speaker:
            line = daemon.says("self-test: the microphone hears the speaker, 1[0-9] dB below")
            card.set_echo(0.0)
            daemon.says("self-test: not proven by the speaker: the chirp was not heard", after=line)
            home.expect_count("/health", 1)
            assert daemon.stop() == 0
        home.expect_last("/status", "stopped")
        states = [json.loads(payload)["state"] for payload in home.payloads("nursery/state")]
        health = json.loads(home.payloads("/health")[-1])
    assert health["listening"]
    # Nothing of it was a cry, and a muted speaker is not deaf. "deaf" is the start, where the broker knew it so soon
    assert states in (["listening"], ["deaf", "listening"])
    assert not any("baby cries" in said or "lullaby starts" in said for said in daemon.lines)
    peak = np.abs(speaker[0]).max()
    assert 0 < peak < 10 ** (-33.5 / 20), f"{20 * np.log10(peak):.1f} dBFS"
