"""Start-up time, memory and CPU of the whole daemon, with a real broker, a sound card and a lullaby playing.

    python -m benchmarks.footprint

Side by side with the baseline's prediction (librosa's features of one 5 s window and an SVM) in a process of
its own. Needs PulseAudio, mosquitto and the `benchmarks` extra.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.sound_card import SoundCard

CPU_OVER_S = 10.0
CONFIG = """
capture: {{device: mic}}
mqtt: {{host: 127.0.0.1, port: {port}, username: {username}, password_file: {password}}}
"""
SEED = """
import librosa, numpy, resource
from sklearn.svm import SVC
y, sr = numpy.random.default_rng(0).standard_normal(5 * 44100).astype('f4'), 44100
rows = [librosa.feature.zero_crossing_rate(y=y), librosa.feature.rms(y=y), librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13),
        librosa.feature.spectral_centroid(y=y, sr=sr), librosa.feature.spectral_rolloff(y=y, sr=sr),
        librosa.feature.spectral_bandwidth(y=y, sr=sr)]
x = numpy.concatenate([row.mean(axis=1) for row in rows])
SVC().fit(numpy.random.default_rng(0).standard_normal((200, 18)), numpy.arange(200) % 2).predict([x])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_mb(pid: int) -> float:
    """Largest resident size so far, as the kernel has it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def cpu_ms(pid: int) -> float:
    """CPU used so far by all of its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000


def cpu_ms_per_s(pid: int) -> float:
    """CPU of the next CPU_OVER_S, per second."""
    before_ms = cpu_ms(pid)
    time.sleep(CPU_OVER_S)
    return (cpu_ms(pid) - before_ms) / CPU_OVER_S


def once(card: SoundCard, config: Path) -> tuple[float, float, float, float, float]:
    """Seconds to listening, peak MB then, CPU in a quiet room; peak MB and CPU while the lullaby plays."""
    began_s = time.monotonic()
    with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
        daemon.says("listening to", within_s=15, at_once=True)
        started_s = time.monotonic() - began_s
        listening_mb = peak_mb(daemon.process.pid)
        time.sleep(25)  # the gate learns the room
        quiet = cpu_ms_per_s(daemon.process.pid)
        night = DemoNight()
        cry = next(scene for scene in night.scenes if scene.what == "cry")
        crying = card.play(night.samples()[int(cry.start_s * SAMPLE_RATE_HZ) :][: 14 * SAMPLE_RATE_HZ])
        daemon.says("lullaby starts", within_s=15)
        playing = cpu_ms_per_s(daemon.process.pid)
        playing_mb = peak_mb(daemon.process.pid)
        daemon.stop()
    crying.wait()  # the next daemon begins in a quiet room
    return started_s, listening_mb, quiet, playing_mb, playing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with SoundCard() as card, Broker() as broker, tempfile.TemporaryDirectory() as folder:
        card.room_noise()
        (Path(folder) / "password").write_text(PASSWORD)
        (Path(folder) / "password").chmod(0o600)
        password = Path(folder) / "password"
        config = write_config(Path(folder), CONFIG.format(port=broker.port, username=USERNAME, password=password))
        rounds = np.array([once(card, config) for _ in tqdm(range(arguments.rounds), unit="start")])
    baseline_kb = subprocess.run([sys.executable, "-c", SEED], capture_output=True, text=True, check=True).stdout
    names = (
        "start to listening, s",
        "peak MB when listening",
        "CPU ms per s in a quiet room",
        "peak MB with MQTT and a lullaby playing",
        "CPU ms per s while it cries and the lullaby plays",
    )
    print("| | median | min | max |\n|---|---|---|---|")
    for name, column in zip(names, rounds.T, strict=True):
        print(f"| {name} | {statistics.median(column):.2f} | {column.min():.2f} | {column.max():.2f} |")
    print(f"| peak MB of the baseline's prediction | {int(baseline_kb) / 1024:.0f} | | |")


if __name__ == "__main__":
    main()
