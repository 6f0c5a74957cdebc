"""Start-up time and peak memory of the whole daemon, with a real broker, a sound card and a lullaby playing.

    python -m benchmarks.footprint

Side by side with the seed's prediction (librosa's features of one 5 s window and an SVM) in a process of
its own. Needs PulseAudio, mosquitto and the `benchmarks` extra.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from babycryd.demo.night import DemoNight
from babycryd.detect.features import SAMPLE_RATE_HZ
from tests.broker import PASSWORD, USERNAME, Broker
from tests.daemon import RunningDaemon, write_config
from tests.soundcard import SoundCard

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


def once(card: SoundCard, config: Path) -> tuple[float, float, float]:
    """Seconds from the start to listening, peak MB then, and peak MB while a lullaby plays."""
    began_s = time.monotonic()
    with RunningDaemon(["run", "--config", str(config)], card.env) as daemon:
        daemon.says("listening to", within_s=15)
        started_s = time.monotonic() - began_s
        listening_mb = peak_mb(daemon.process.pid)
        night = DemoNight()
        cry = next(scene for scene in night.scenes if scene.what == "cry")
        card.play(night.samples()[int(cry.start_s * SAMPLE_RATE_HZ) :][: 6 * SAMPLE_RATE_HZ])
        daemon.says("lullaby starts", within_s=15)
        time.sleep(5)
        playing_mb = peak_mb(daemon.process.pid)
        daemon.stop()
    return started_s, listening_mb, playing_mb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with SoundCard() as card, Broker() as broker, tempfile.TemporaryDirectory() as folder:
        card.room_noise()
        (Path(folder) / "password").write_text(PASSWORD)
        (Path(folder) / "password").chmod(0o600)
        password = Path(folder) / "password"
        config = write_config(Path(folder), CONFIG.format(port=broker.port, username=USERNAME, password=password))
        rounds = np.array([once(card, config) for _ in tqdm(range(arguments.rounds), unit="start")])
    seed_kb = subprocess.run([sys.executable, "-c", SEED], capture_output=True, text=True, check=True).stdout
    names = ("start to listening, s", "peak MB when listening", "peak MB with MQTT and a lullaby playing")
    print("| | median | min | max |\n|---|---|---|---|")
    for name, column in zip(names, rounds.T, strict=True):
        print(f"| {name} | {statistics.median(column):.2f} | {column.min():.2f} | {column.max():.2f} |")
    print(f"| peak MB of the seed's prediction | {int(seed_kb) / 1024:.0f} | | |")


if __name__ == "__main__":
    main()
