"""From the first sample of a clear cry to the first sample of the lullaby, on a virtual sound card.

    python -m benchmarks.latency             about three minutes

The real daemon hears a PulseAudio room through sounddevice and plays into a PulseAudio speaker. The
cries are of `val` (the model was not trained on them), clearly heard as cries by the reference
model, at 15 dB or more above the room's noise. Room and speaker are recorded side by side; a click
played into both at once tells how far the two recordings are apart. Needs PulseAudio and the
recordings of $BABYCRYD_SHARED.
"""

import argparse
import csv
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm import tqdm

from tests.support.daemon import RunningDaemon, write_config
from tests.support.sound_card import RATE_HZ, SoundCard

SHARED = Path(os.environ.get("BABYCRYD_SHARED", "../shared")) / "audio"
NOISE_RMS = 2e-3
SNR_DB = 15.0
CONFIG = """
capture: {device: mic}
detection: {episode: {quiet_s: 2, minimum_s: 1, cooldown_s: 0}}
lullaby: {fade_out_s: 0.5, calm_s: 2, cooldown_s: 0}
soothing: {strategy: lullaby}  # the others give up after three sounds, until the baby is calm for minutes
"""
Samples = NDArray[np.floating]


def clear_cries(limit: int) -> list[Samples]:
    """The clearest cry of each group of `val`, from its first loud sample on, up to 4 s."""
    with (SHARED / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val" and row["label"] == "cry"]
    rows.sort(key=lambda row: -float(row["yamnet_baby_cry_max"]))
    best = list({row["group"]: row for row in reversed(rows)}.values())[::-1]
    return [_from_onset(soundfile.read(SHARED / row["path"])[0]) for row in best[:limit]]


def _from_onset(samples: Samples) -> Samples:
    """Cut where the first 20 ms within 20 dB of the loudest begin; loud part SNR_DB above the noise."""
    pieces = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = (pieces**2).mean(axis=1)
    first = int(np.argmax(power > power.max() / 100))
    cut = samples[first * 320 :][: 4 * RATE_HZ]
    loud = np.sqrt(np.sort(cut**2)[len(cut) // 2 :].mean())
    return np.asarray(cut * min(NOISE_RMS * 10 ** (SNR_DB / 20) / loud, 0.9 / np.abs(cut).max()))


@contextmanager
def recording(card: SoundCard, device: str) -> Iterator[list[Samples]]:
    """What a monitor carries meanwhile."""
    path = card.home / f"{device}-{time.monotonic_ns()}.raw"
    options = ["--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=10"]
    with path.open("wb") as out:
        recorder = subprocess.Popen(["parec", f"--device={device}", *options], env=card.env, stdout=out)
    heard: list[Samples] = []
    try:
        yield heard
    finally:
        recorder.terminate()
        recorder.wait()
        heard.append(np.frombuffer(path.read_bytes(), np.int16) / 32768)


def latency_s(card: SoundCard, daemon: RunningDaemon, cry: Samples) -> float | None:
    """One cry; None where no lullaby followed within 6 s."""
    said = len(daemon.lines)
    with recording(card, "room.monitor") as room, recording(card, "speaker.monitor") as speaker:
        time.sleep(0.5)
        click(card)
        time.sleep(1.0)
        card.play(cry)
        started = _said(daemon, "lullaby starts", 6.0, said)
        time.sleep(0.3)
    _said(daemon, "lullaby stops", 20.0, said)
    if not started:
        return None
    click_in_room, click_in_speaker = (int(np.argmax(np.abs(each[0]) > 0.9)) for each in (room, speaker))
    after = int(0.5 * RATE_HZ)
    cry_begins = _onset(room[0], click_in_room + after, cry)
    lullaby_begins = int(np.argmax(np.abs(speaker[0][click_in_speaker + after :]) > 0)) + click_in_speaker + after
    return ((lullaby_begins - click_in_speaker) - (cry_begins - click_in_room)) / RATE_HZ


def click(card: SoundCard) -> None:
    """One full-scale pulse into the room and the speaker at once."""
    pulse = np.zeros(RATE_HZ // 10)
    pulse[:32] = 0.99
    path = card.write_wav(pulse)
    players = [
        subprocess.Popen(["paplay", f"--device={sink}", str(path)], env=card.env) for sink in ("room", "speaker")
    ]
    for player in players:
        player.wait()


def _onset(heard: Samples, start: int, cry: Samples) -> int:
    """Where the cry begins in the recording of the room: the best match of its first second."""
    piece, rest = cry[:RATE_HZ], heard[start:]
    size = len(rest) + len(piece)
    product = np.fft.irfft(np.fft.rfft(rest, size) * np.conj(np.fft.rfft(piece, size)), size)
    return start + int(np.argmax(product[: len(rest)]))


def _said(daemon: RunningDaemon, words: str, within_s: float, after: int) -> bool:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if any(words in line for line in daemon.lines[after:]):
            return True
        time.sleep(0.02)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cries", type=int, default=20)
    arguments = parser.parse_args()
    cries = clear_cries(arguments.cries)
    with SoundCard() as card, tempfile.TemporaryDirectory() as folder:
        card.room_noise(NOISE_RMS)
        config = write_config(Path(folder), CONFIG)
        with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
            daemon.says("listening to", within_s=10)
            time.sleep(20)  # the gate learns the room
            measured = [latency_s(card, daemon, cry) for cry in tqdm(cries, unit="cry")]
            daemon.stop()
    heard = sorted(each for each in measured if each is not None)
    print(f"{len(heard)} of {len(measured)} cries answered")
    if heard:
        print(f"seconds: median {statistics.median(heard):.2f}, 90th percentile {np.percentile(heard, 90):.2f}")
        print("each:", " ".join(f"{each:.2f}" for each in heard))


if __name__ == "__main__":
    main()
