"""The microphone on a real (virtual) sound card; everything that touches PortAudio is a subprocess."""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.patience import HANG_S, exit_code, taken, wait_until
from tests.support.sound_card import SoundCard

pytestmark = pytest.mark.soundcard

ROOT = Path(__file__).parents[3]
PLAYED_S = 2.0


class Hearer:
    """The program capture_program.py, running."""

    def __init__(self, card: SoundCard, **settings: Any) -> None:
        self._out = card.home / f"heard-{time.monotonic_ns()}.npz"
        env = card.env | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, str(ROOT / "tests/support/capture_program.py"), json.dumps(settings), str(self._out)]
        self._errors = self._out.with_suffix(".log")
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def expect(self, event: str, within_s: float) -> dict[str, Any]:
        """The next event, which must be this one; a deaf one may change its reason."""
        while True:
            try:
                found = taken(self._events, within_s)
            except queue.Empty:
                pytest.fail(f"no {event!r} within {within_s} s: {self._errors.read_text()}")
            if "the sound system hangs" in found.get("reason", ""):
                pytest.skip("PortAudio hung when its server was killed: only a new process can hear again")
            if found["event"] == event or (event, found["event"]) != ("hearing", "deaf"):
                break
        assert found["event"] == event, found
        return found

    def stop(self) -> dict[str, Any]:
        """SIGTERM; the captured audio and how the program ended."""
        self._process.terminate()
        end = self.expect("end", HANG_S)
        assert exit_code(self._process, HANG_S) == 0
        self._reader.join()
        return dict(np.load(self._out)) | end

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._process.stdout.close()


@pytest.fixture(scope="module")
def card() -> Iterator[SoundCard]:
    with SoundCard() as card:
        yield card


def _hum(seed: int, seconds: float) -> NDArray[np.floating[Any]]:
    """Noise up to about 3 kHz, which every resampler on the way leaves alone."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * 16_000))
    spectrum = np.fft.rfft(white)
    spectrum[int(3_000 * seconds) :] = 0
    hum: NDArray[np.floating[Any]] = np.fft.irfft(spectrum, len(white))
    hum *= 0.3 / np.abs(hum).max()
    return hum


def _likeness(played: NDArray[np.floating[Any]], heard: NDArray[np.floating[Any]]) -> float:
    """Highest normalised correlation of `played` with any equally long part of `heard`."""
    n = len(played) + len(heard)
    spectrum = np.fft.rfft(heard, n) * np.conj(np.fft.rfft(played, n))
    lags: NDArray[np.floating[Any]] = np.fft.irfft(spectrum, n)[: len(heard) - len(played)]
    at = int(np.argmax(lags))
    part = heard[at : at + len(played)]
    return float(lags[at] / np.linalg.norm(part) / np.linalg.norm(played))


WAYS: dict[str, dict[str, Any]] = {
    "16 kHz mono": {},
    "48 kHz resampled": {"device": "mic", "rate_hz": 48_000},
    "44.1 kHz, right channel": {"device": "stereomic", "rate_hz": 44_100, "channel": 2},
}


@pytest.fixture(scope="module")
def heard(card: SoundCard) -> dict[str, dict[str, Any]]:
    """What each way of capturing heard of the same stereo sound."""
    before = card.recorders()
    hearers = {name: Hearer(card, **settings) for name, settings in WAYS.items()}
    wait_until(lambda: card.recorders() == before + len(WAYS), HANG_S, card.recorders)
    left, right = _hum(1, PLAYED_S), _hum(2, PLAYED_S)
    silent_start = np.zeros((16_000, 2))
    card.play(np.vstack([silent_start, np.stack([left, right], axis=1), silent_start[:8000]]), wait=True)
    for hearer in hearers.values():
        hearer.expect("hearing", HANG_S)
    return {name: hearer.stop() for name, hearer in hearers.items()}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_played_is_heard(heard: dict[str, dict[str, Any]], way: str) -> None:
    left, right = _hum(1, PLAYED_S), _hum(2, PLAYED_S)
    expected = right if "right" in way else (left + right) / 2
    likeness = sorted(_likeness(part, heard[way]["samples"]) for part in np.split(expected, 8))
    assert likeness[4] > 0.99  # a busy machine makes the server lose a block now and then


@pytest.mark.parametrize("way", WAYS)
def test_blocks_join_without_gaps_and_carry_the_wall_clock(heard: dict[str, dict[str, Any]], way: str) -> None:
    assert heard[way]["starts_s"][0] == 0.0
    assert np.array_equal(heard[way]["starts_s"][1:], heard[way]["ends_s"][:-1])
    assert heard[way]["clock_error_s"] < 0.25


def test_a_stereo_microphone_whose_channels_cancel_is_heard(card: SoundCard) -> None:
    before = card.recorders()
    hearer = Hearer(card, device="stereomic")
    wait_until(lambda: card.recorders() > before, HANG_S, card.recorders)
    hum = _hum(3, 2 * PLAYED_S)
    card.play(np.stack([hum, -0.8 * hum], axis=1), wait=True)
    hearer.expect("hearing", HANG_S)
    heard = hearer.stop()["samples"]
    likeness = sorted(_likeness(part, heard) for part in np.split(hum, 8))
    assert likeness[4] > 0.99  # a busy machine makes the server lose a block now and then
    assert np.abs(heard).max() > 0.2


def test_a_microphone_comes_goes_mutes_and_stalls() -> None:
    with SoundCard() as card:
        card.room_noise()
        card.kill()
        capture = Hearer(card)
        assert "no microphone found" in capture.expect("deaf", HANG_S)["reason"]
        card.start()
        capture.expect("hearing", HANG_S)
        card.kill()
        # PortAudio mostly ends the stream; on a busy machine it may stall instead. Both are told in time.
        assert re.search("went away|no sound for 2 s", capture.expect("deaf", HANG_S)["reason"])
        card.start()
        capture.expect("hearing", HANG_S)
        card.mute_microphone()
        assert "is it muted?" in capture.expect("deaf", HANG_S)["reason"]
        card.mute_microphone(muted=False)
        capture.expect("hearing", HANG_S)
        card.suspend_microphone()
        assert "is the microphone plugged in?" in capture.expect("deaf", HANG_S)["reason"]
        end = capture.stop()
    assert end["stopped_in_s"] < 1
    assert not end["close_hung"]
    gaps_s = end["starts_s"][1:] - end["ends_s"][:-1]
    assert (gaps_s >= 0).all()
    assert (gaps_s > 0).sum() == 2  # killed once, muted once


def test_a_wrong_device_name_is_told_with_the_remedy(card: SoundCard) -> None:
    capture = Hearer(card, device="Yeti")
    assert "babycryd devices" in capture.expect("deaf", HANG_S)["reason"]
    capture.stop()


def test_the_sound_devices_are_listed_by_the_name_for_the_config(card: SoundCard) -> None:
    program = (
        "import dataclasses, json; from babycryd.capture.device_list import sound_devices;"
        "print(json.dumps([dataclasses.asdict(each) for each in sound_devices()]))"
    )
    env = card.env | {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)
    microphone = next(row for row in rows if row["name"] == "mic" and row["kind"] == "input")
    assert microphone["takes_16_khz_mono"]
    assert [row["name"] for row in rows if row["is_default"]] == ["default", "default"]


def test_the_devices_command_finds_the_microphones() -> None:
    with SoundCard() as card:
        command = [sys.executable, "-m", "babycryd", "devices"]
        checked = subprocess.run([*command, "--check"], env=card.env, capture_output=True, text=True, check=False)
        told = subprocess.run(command, env=card.env, capture_output=True, text=True, check=True)
    assert (checked.returncode, checked.stdout) == (0, "")
    assert "mic " in told.stdout
    assert "* default" in told.stdout
