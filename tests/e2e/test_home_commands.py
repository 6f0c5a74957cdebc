"""What the home asks for over MQTT is done by the real daemon, and invalid messages do not harm it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from babycryd.soothe.tracks import list_tracks
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import RunningDaemon, write_config
from tests.support.sound_card import SoundCard

pytestmark = [pytest.mark.soundcard, pytest.mark.broker]

CONFIG = """
device: {{id: nursery, room: Nursery}}
state_dir: {folder}/state
capture: {{device: mic}}
lullaby: {{fade_in_s: 0.2, fade_out_s: 0.2, cooldown_s: 0}}
mqtt: {{{login}}}
"""
QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}  # a speaker that is there and makes no sound
TRACK = list_tracks(None)[1].name


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, broker: Broker) -> Path:
    return write_config(tmp_path, CONFIG.format(folder=tmp_path, login=broker.login(tmp_path)))


def ask(broker: Broker, leaf: str, payload: str) -> None:
    broker.publish(f"babycryd/nursery/{leaf}", payload)


def answer(home: Subscriber, count: int) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(home.expect_count("command/response", count)[count - 1])
    return fields


def test_every_command_does_what_it_says(broker: Broker, config: Path) -> None:
    with SoundCard(echo=0.5) as card, broker.subscriber() as home:
        card.room_noise(2e-3)
        with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
            home.expect("volume/state", "100")
            daemon.says("listening to")
            home.expect_count("/level", 1)  # it has heard the room
            ask(broker, "command/test", '{"transaction": "t1"}')
            tested = answer(home, 1)
            assert (tested["command"], tested["transaction"], tested["ok"]) == ("test", "t1", True)
            assert tested["microphone"] == "heard the tone", tested
            ask(broker, "lullaby/set", "ON")
            home.expect("lullaby/state", "ON")
            ask(broker, "lullaby/set", TRACK)
            home.expect("lullaby/state", TRACK)
            home.expect("lullaby/track", TRACK)
            ask(broker, "volume/set", "40")
            home.expect("volume/state", "40")
            ask(broker, "lullaby/set", "OFF")
            home.expect("lullaby/state", "OFF", times=2)
            ask(broker, "snooze/set", "30")
            home.expect("snooze/state", "30")
            ask(broker, "snooze/set", "0")
            home.expect("snooze/state", "0", times=2)
            ask(broker, "threshold/set", "0.9")
            home.expect("threshold/state", "0.9")
            answers = home.expect_count("command/response", 8)
            assert all(json.loads(each)["ok"] for each in answers)
            health = json.loads(home.expect_count("/health", 1)[0])
            assert health["rss_mb"] > 20
            assert health["microphone"] is not None
            assert daemon.stop() == 0
        states = [json.loads(payload)["state"] for payload in home.payloads("/nursery/state")]
        assert "snoozed" in states
        with broker.subscriber() as later, RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
            later.expect("threshold/state", "0.9", times=2)  # retained, and said again: nothing was forgotten
            later.expect("volume/state", "40", times=2)
            assert daemon.stop() == 0


def test_a_flood_and_nonsense_never_stop_the_listening(broker: Broker, config: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 0.002, 300 * 16_000)
    soundfile.write(tmp_path / "room.wav", noise, 16_000)
    arguments = ["run", "--config", str(config), "--recording", str(tmp_path / "room.wav")]
    with broker.subscriber() as home, RunningDaemon(arguments, QUIET) as daemon:
        home.expect("volume/state", "100")
        for leaf in ("volume/set", "lullaby/set", "threshold/set", "snooze/set"):
            ask(broker, leaf, "\x00 nonsense {")
        home.expect_count("command/response", 4)
        broker.client().flood("babycryd/nursery/volume/set", "30", times=5_000)
        daemon.says("a flood of messages came on it")
        before = len(home.payloads("/level"))
        home.expect_count("/level", before + 3)
        assert len(home.payloads("command/response")) < 20
        assert daemon.stop() == 0
        home.expect_last("/status", "stopped")
