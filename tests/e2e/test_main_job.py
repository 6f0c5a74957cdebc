"""From the microphone to the lullaby and the home: the real daemon, sound card and broker."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from babycryd.soothe.tracks import list_tracks
from tests.support.broker import Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import HANG_S, exit_code, wait_until
from tests.support.sound_card import RATE_HZ, SoundCard

pytestmark = [pytest.mark.soundcard, pytest.mark.broker]

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
capture: {{device: mic}}
detection: {{episode: {{quiet_s: 3, minimum_s: 1}}}}
lullaby: {{playlist: first, fade_in_s: 1, fade_out_s: 1, calm_s: {calm_s}, cooldown_s: 0}}
mqtt: {{{login}}}
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


@pytest.fixture(scope="module")
def cry(shared: Path) -> NDArray[np.float64]:
    """The clearest cry, 5 s, from the recordings that the model was not trained on."""
    with (shared / "audio" / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val" and row["label"] == "cry"]
    clearest = max(rows, key=lambda row: (float(row["yamnet_baby_cry_max"]), row["path"]))
    samples, _ = soundfile.read(shared / "audio" / clearest["path"])
    return np.asarray(0.5 * samples / np.abs(samples).max())


def config(folder: Path, broker: Broker, *, calm_s: float) -> Path:
    text = CONFIG.format(folder=folder, calm_s=calm_s, login=broker.login(folder))
    return write_config(folder, text)


def likeness(recorded: NDArray[np.floating], track: NDArray[np.floating]) -> float:
    """The largest normalised cross-correlation of a second of a recording with a track.

    Of its loudest seconds, as a busy machine may make the sound server lose a block in one or the other.
    """
    seconds = recorded[: len(recorded) // RATE_HZ * RATE_HZ].reshape(-1, RATE_HZ)
    loudest = sorted(seconds, key=lambda second: float((second**2).sum()))[-4:]
    so_far = np.concatenate([[0.0], np.cumsum(track**2)])
    energy = (so_far[RATE_HZ:] - so_far[:-RATE_HZ])[: len(track) - RATE_HZ]  # of each second
    return max(_correlation(second, track, energy) for second in loudest)


def _correlation(second: NDArray[np.floating], track: NDArray[np.floating], energy: NDArray[np.floating]) -> float:
    size = len(track) + len(second)
    product = np.fft.irfft(np.fft.rfft(track, size) * np.conj(np.fft.rfft(second, size)), size)
    return float((product[: len(energy)] / np.sqrt(energy * (second**2).sum() + 1e-12)).max())


def test_a_cry_in_the_room_becomes_a_lullaby_and_news(broker: Broker, cry: NDArray[np.float64], tmp_path: Path) -> None:
    path = config(tmp_path, broker, calm_s=5)
    with SoundCard() as card, broker.subscriber() as home:
        card.room_noise(2e-3)
        with RunningDaemon(["run", "--config", str(path)], card.env) as daemon:
            daemon.says("listening to")
            home.expect("/status", "online")
            time.sleep(2)  # a little of the room first
            with card.recording_speaker() as speaker:
                card.play(cry, wait=True)
                home.expect("/cry", "ON", within_s=3)
                daemon.says("lullaby starts: ", within_s=3)
                home.expect("/cry", "OFF", times=2, within_s=12)  # the first one stood there from the start
                daemon.says("lullaby stops, the baby is calm", within_s=12)
            assert daemon.stop() == 0
        home.expect_last("/status", "stopped")
    episodes = [json.loads(payload) for payload in home.payloads("/episode")]
    assert [each["type"] for each in episodes if each["type"] != "update"] == ["new", "end"]
    assert len({each["id"] for each in episodes}) == 1
    first = list_tracks(None)[0]
    assert episodes[-1]["lullaby"] == first.name
    states = [json.loads(payload)["state"] for payload in home.payloads("nursery/state")]
    assert states[-4:] == ["listening", "crying", "soothing", "listening"]
    track, rate_hz = soundfile.read(first.path, always_2d=True)
    assert likeness(speaker[0], soxr.resample(track.mean(axis=1), rate_hz, RATE_HZ)) > 0.7


def test_the_own_lullaby_is_no_cry_and_a_cry_over_it_is_heard(
    broker: Broker, cry: NDArray[np.float64], tmp_path: Path
) -> None:
    path = config(tmp_path, broker, calm_s=60)
    with SoundCard(echo=0.5) as card, broker.subscriber() as home:
        card.room_noise(2e-3)
        with RunningDaemon(["run", "--config", str(path)], card.env) as daemon:
            daemon.says("listening to")
            home.expect("/status", "online")
            card.play(cry, wait=True)
            line = daemon.says("lullaby starts: ", within_s=3)
            line = daemon.says("the baby is calm", within_s=10, after=line)  # the lullaby did not prolong it
            # MQTT hears of it a moment after the log does; the end of an episode comes behind its OFF.
            wait_until(lambda: any('"end"' in each for each in home.payloads("/episode")), HANG_S, lambda: home.heard)
            home.heard.clear()
            time.sleep(15)  # nothing but the lullaby in the room
            assert "ON" not in home.payloads("/cry")  # nor start another one
            card.play(cry)
            home.expect("/cry", "ON", within_s=4)
            assert not any("lullaby stops" in said for said in daemon.lines)
            assert daemon.stop() == 0


def test_a_lost_sound_server_is_told_and_found_again(broker: Broker, tmp_path: Path) -> None:
    path = config(tmp_path, broker, calm_s=5)
    with SoundCard() as card, broker.subscriber() as home:
        card.room_noise()
        with RunningDaemon(["run", "--config", str(path)], card.env) as daemon:
            line = daemon.says("listening to")
            card.kill()
            line = daemon.says("deaf: ", within_s=5, after=line)
            card.start()
            line = daemon.says("listening to|only a restart helps", within_s=8, after=line)
            if "only a restart" in daemon.lines[line - 1]:  # rare: PortAudio hangs
                assert exit_code(daemon.process, 3) == 1
                pytest.skip(
                    "PortAudio hung when its server was killed; the daemon ended, for systemd to start it again"
                )
            home.expect("/status", "online")
            assert daemon.stop() == 0
        home.expect_last("/status", "stopped")
    states = [json.loads(payload) for payload in home.payloads("nursery/state")]
    assert [each["state"] for each in states][-3:] == ["listening", "deaf", "listening"]
    assert "mic" in states[-2]["reason"]
