"""Does a broker that is down, slow, frozen or flooding delay what the nursery hears and does?

    python -m benchmarks.broker_trouble              about ten minutes

The real daemon hears the same recording in real time, once for each kind of broker: a quiet room in
which babies of `val` cry every nine seconds. Latency is from the first loud sample of a cry to the
log's word of it, and of the lullaby. The recording is the same to the sample, so each cry is compared
with itself at a healthy broker. Needs mosquitto and the recordings of $BABYCRYD_SHARED.

- slow: every byte from and to the broker comes half a second later.
- frozen: the connection stands, the broker does nothing (SIGSTOP).
- flooding: another client writes to the command topics as fast as it can.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from benchmarks.latency import NOISE_RMS, clear_cries
from benchmarks.slow_road import slow_road
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.daemon import RunningDaemon, write_config
from tests.support.ports import free_port
from tests.support.sound_card import RATE_HZ

FIRST_S = 15.0  # the gate learns the room
EVERY_S = 9.0
DELAY_S = 0.5
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
detection: {{episode: {{quiet_s: 2, minimum_s: 1, cooldown_s: 0}}}}
lullaby: {{fade_out_s: 0.1, calm_s: 1, cooldown_s: 0}}
mqtt: {{host: 127.0.0.1, port: {port}, username: {username}, password_file: {folder}/password}}
log: {{format: json}}
"""
QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}
Words = dict[str, list[float | None]]  # the log's words: seconds from each cry's first sample to them


@contextmanager
def healthy(broker: Broker) -> Iterator[int]:
    yield broker.port


@contextmanager
def down(_: Broker) -> Iterator[int]:
    yield free_port()


@contextmanager
def slow(broker: Broker) -> Iterator[int]:
    with slow_road(broker.port, DELAY_S) as port:
        yield port


@contextmanager
def frozen(broker: Broker) -> Iterator[int]:
    timer = threading.Timer(FIRST_S - 5, broker.freeze)
    timer.start()
    try:
        yield broker.port
    finally:
        timer.cancel()
        broker.thaw()


@contextmanager
def flooding(broker: Broker) -> Iterator[int]:
    over = threading.Event()

    def shout() -> None:
        while not over.is_set():
            broker.client().flood("babycryd/nursery/volume/set", "80", times=2_000)

    shouter = threading.Thread(target=shout)
    shouter.start()
    try:
        yield broker.port
    finally:
        over.set()
        shouter.join()


KINDS = {each.__name__: each for each in (healthy, down, slow, frozen, flooding)}


def room_with(cries: int) -> tuple[np.ndarray, list[float]]:
    """The recording, and the second at which each cry begins."""
    rng = np.random.default_rng(5)
    found = clear_cries(cries)
    begins_s = [FIRST_S + EVERY_S * number + rng.uniform(0, 0.24) for number in range(len(found))]
    samples = rng.normal(0, NOISE_RMS, int((FIRST_S + EVERY_S * (len(found) + 1)) * RATE_HZ))
    for begin_s, cry in zip(begins_s, found, strict=True):
        start = int(begin_s * RATE_HZ)
        samples[start : start + len(cry)] += cry
    return samples, begins_s


def once(kind: str, recording: Path, begins_s: list[float]) -> Words:
    """One daemon, from its start to the end of the recording."""
    folder = recording.parent
    with Broker() as broker, KINDS[kind](broker) as port:
        config = write_config(folder, CONFIG.format(folder=folder, port=port, username=USERNAME))
        with RunningDaemon(["run", "--config", str(config), "--recording", str(recording)], QUIET) as daemon:
            daemon.says("listening to", within_s=10)
            daemon.says("the recording is over", within_s=begins_s[-1] + 3 * EVERY_S)
            daemon.process.kill()
        return {word: _after_each(daemon.lines, word, begins_s) for word in ("the baby cries", "lullaby starts")}


def _after_each(lines: list[str], word: str, begins_s: list[float]) -> list[float | None]:
    told = [json.loads(line) for line in lines if line.startswith("{")]
    times = [(datetime.fromisoformat(each["time"]).timestamp(), each["message"]) for each in told]
    zero_s = next(at_s for at_s, message in times if "listening to" in message)
    said_s = [at_s - zero_s for at_s, message in times if word in message]
    return [next((at - begin for at in said_s if begin < at < begin + EVERY_S), None) for begin in begins_s]


def report(measured: dict[str, Words]) -> None:
    print(
        "| broker | of the cry: median s | difference | of the lullaby: median s | difference |\n|---|---|---|---|---|"
    )
    for kind, words in measured.items():
        cells = [kind]
        for word, latencies_s in words.items():
            pairs = zip(latencies_s, measured["healthy"][word], strict=True)
            both = [(one, other) for one, other in pairs if one is not None and other is not None]
            shares = [100 * (one - other) / other for one, other in both]
            cells.append(f"{statistics.median(one for one, _ in both):.3f} ({len(both)} cries)")
            cells.append(f"{statistics.median(shares):+.2f} % (most {max(shares, key=abs):+.2f} %)")
        print("|", " | ".join(cells), "|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cries", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o600)
        samples, begins_s = room_with(arguments.cries)
        soundfile.write(folder / "room.wav", samples, RATE_HZ)
        measured = {kind: once(kind, folder / "room.wav", begins_s) for kind in tqdm(KINDS, unit="broker")}
    report(measured)


if __name__ == "__main__":
    main()
