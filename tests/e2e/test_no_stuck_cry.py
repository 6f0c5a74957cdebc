"""ON never outlives the daemon, its microphone or the broker that dies while the baby cries."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import HANG_S, wait_until
from tests.support.sound_card import SoundCard

pytestmark = pytest.mark.broker

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
lullaby: {{enabled: false}}
mqtt: {{{login}}}
"""
QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, broker: Broker) -> Path:
    return write_config(tmp_path, CONFIG.format(folder=tmp_path, login=broker.login(tmp_path)))


def crying(lasts_s: float) -> NDArray[np.floating]:
    """Three seconds of the demo's quiet room, then its baby, on and on."""
    night = DemoNight()
    samples = demo_samples()
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    sound = samples[int(cry.start_s * SAMPLE_RATE_HZ) : int(cry.end_s * SAMPLE_RATE_HZ)]
    return np.concatenate([samples[-3 * SAMPLE_RATE_HZ :], np.resize(sound, int(lasts_s * SAMPLE_RATE_HZ))])


def recording(folder: Path, samples: NDArray[np.floating]) -> str:
    soundfile.write(folder / "room.wav", samples, SAMPLE_RATE_HZ)
    return str(folder / "room.wav")


def episodes(home: Subscriber) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in home.payloads("/episode")]


def test_a_daemon_killed_while_the_baby_cries(broker: Broker, config: Path, tmp_path: Path) -> None:
    arguments = ["run", "--config", str(config), "--recording"]
    with broker.subscriber() as home:
        with RunningDaemon([*arguments, recording(tmp_path, crying(60))], QUIET) as daemon:
            home.expect("/cry", "ON")
            home.expect_count("/episode", 1)  # what begins in the very hop of a kill may be lost: docs/reliability.md
            daemon.stop(signal.SIGKILL)
            home.expect("/status", "offline")
        home.heard.clear()
        quiet = recording(tmp_path, demo_samples()[-20 * SAMPLE_RATE_HZ :])
        with RunningDaemon([*arguments, quiet], QUIET) as daemon:
            home.expect("/cry", "OFF", within_s=8)  # before it has heard anything
            wait_until(lambda: "end" in [each["type"] for each in episodes(home)], HANG_S, lambda: home.heard)
            assert episodes(home)[-1]["reason"] == "interrupted"
            assert daemon.stop() == 0
    assert "ON" not in home.payloads("/cry")


def test_a_broker_restarted_while_the_baby_cries(broker: Broker, config: Path, tmp_path: Path) -> None:
    arguments = ["run", "--config", str(config), "--recording", recording(tmp_path, crying(60))]
    with RunningDaemon(arguments, QUIET) as daemon:
        with broker.subscriber() as home:
            home.expect("/cry", "ON")
        broker.restart()  # it has forgotten everything
        with broker.subscriber() as home:
            home.expect("/cry", "ON")  # for it still cries
            assert daemon.stop() == 0
            home.expect("/cry", "OFF")
            home.expect("/status", "stopped")


@pytest.mark.soundcard
def test_a_microphone_lost_while_the_baby_cries(broker: Broker, config: Path) -> None:
    config.write_text(config.read_text() + "capture: {device: mic}\n")
    with SoundCard() as card, broker.subscriber() as home:
        card.room_noise(2e-3)
        with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
            daemon.says("listening to")
            card.play(crying(60))
            home.expect("/cry", "ON")
            home.heard.clear()
            card.kill()
            home.expect("/cry", "OFF", within_s=5)
            for topic, told in (("nursery/state", '"state":"deaf"'), ("/episode", '"reason":"deaf"')):
                wait_until(lambda: told in "".join(home.payloads(topic)[-1:]), HANG_S, lambda: home.heard)  # noqa: B023
            daemon.stop(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("idle_s", [1.0, 4.0, 7.5])  # of the eight between two heartbeats
def test_a_frozen_broker_is_noticed_though_nothing_happens(
    broker: Broker, config: Path, tmp_path: Path, idle_s: float
) -> None:
    arguments = ["run", "--config", str(config), "--recording"]
    quiet = recording(tmp_path, np.zeros(60 * SAMPLE_RATE_HZ))
    with broker.subscriber() as home, RunningDaemon([*arguments, quiet], QUIET) as daemon:
        connected = daemon.says("connected to the MQTT broker", within_s=8)
        home.expect("/cry", "OFF", times=2, within_s=12)  # a heartbeat
        time.sleep(idle_s)
        broker.freeze()
        lost = daemon.says("no MQTT for now", within_s=15, after=connected)
        broker.thaw()
        daemon.says("connected to the MQTT broker", within_s=35, after=lost)
        home.expect("/status", "online", times=2)
        assert daemon.stop() == 0
