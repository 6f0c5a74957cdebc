"""What the cloud costs in time, bytes and money, with everything of it running here.

    python -m benchmarks.offload             about two minutes

A storage emulator, the function in functions-framework, a forwarder for the storage's events, and a
proxy that makes every request to the storage 100 ms late. Time is from the end of a piece of sound
(1.2 s and what came before it) to its scores; the baseline's cloud took 5 s. How many homes an instance of
the function serves: benchmarks/offload_instances.py.
"""

import argparse
import asyncio
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.scoring import Piece, score_piece
from babycryd.detect.tflite import shipped_classifier
from babycryd.offload.bucket import Bucket
from babycryd.offload.ledger import Ledger, LedgerEntry, MonthUsage
from babycryd.offload.settings import PriceSettings
from babycryd.offload.upload import encode
from tests.support.cloud import BUCKET, ROOT, Forwarder, Function, Storage
from tests.support.fakes.bad_network import BadRoad, Trouble
from tests.support.offloading import at_work, piece

RTT_S = 0.1
CRYING_MIN = 30.0  # a bad night
PIECE_S = 1.2
IMPORT = r"""
import re, sys, time
began_s = time.perf_counter()
sys.path.insert(0, 'cloud_offload')
import main, model
model.classifier()
print(time.perf_counter() - began_s, int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) / 1024)
"""


def median_ms(work: Callable[[], object], times: int = 50) -> float:
    taken = []
    for _ in range(times):
        began_s = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began_s))
    return statistics.median(taken)


def pcm(one: Piece) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, one.samples, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


async def cloud_entries(pieces: int) -> list[LedgerEntry]:
    """The ledger of so many pieces, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        async with at_work(Path(folder)) as harness:
            for count in tqdm(range(1, pieces + 1), unit="piece", leave=False):
                harness.offloader.take(piece())
                await harness.settled(count)
        return harness.ledger.entries()


def cloud(pieces: int, delay_s: float) -> list[LedgerEntry]:
    with (
        Storage() as storage,
        Function(storage.environment) as function,
        Forwarder(storage, [function]),
        BadRoad(storage.url) as road,
    ):
        road.trouble = Trouble(delay_s=delay_s)
        os.environ["STORAGE_EMULATOR_HOST"] = road.url
        return asyncio.run(cloud_entries(pieces))


def total(entries: list[LedgerEntry]) -> MonthUsage:
    """As the ledger adds them up."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        for number, entry in enumerate(entries):
            ledger.write(replace(entry, segment=str(number)))
        (month,) = ledger.months()
        return month


def sending_ms(one: Piece, pack: Callable[[Piece], bytes], times: int = 100) -> tuple[float, float]:
    """CPU milliseconds of this process for packing and for sending a piece; the encryption of its bytes with it."""
    bucket, cipher, packing_s, sending_s = Bucket(BUCKET, None), AESGCM(bytes(16)), 0.0, 0.0
    for _ in range(times):
        begun_s = time.process_time()
        content = pack(one)
        packed_s = time.process_time()
        cipher.encrypt(bytes(12), content, None)
        bucket.put(f"recordings/harness/{uuid.uuid4()}.flac", content, {}, 5.0)
        packing_s += packed_s - begun_s
        sending_s += time.process_time() - packed_s
    return 1000 * packing_s / times, 1000 * sending_s / times


def formats(one: Piece) -> None:
    """What FLAC and PCM cost this computer, idle and with three busy programs for each core."""
    print("| | kB | packing, CPU ms | sending, CPU ms | sum |\n|---|---|---|---|---|")
    with Storage() as storage:
        os.environ["STORAGE_EMULATOR_HOST"] = storage.url
        for what, hogs in (("idle", 0), ("busy", 3 * (os.cpu_count() or 1))):
            with busy(hogs):
                for name, pack in (("FLAC", encode), ("PCM", pcm)):
                    packing_ms, sending_ms_ = sending_ms(one, pack)
                    numbers = f"{packing_ms:.2f} | {sending_ms_:.2f} | {packing_ms + sending_ms_:.2f}"
                    print(f"| {name}, {what} | {len(pack(one)) / 1000:.0f} | {numbers} |")


@contextmanager
def busy(programs: int) -> Iterator[None]:
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=30)
    arguments = parser.parse_args()
    one, classifier = piece(), shipped_classifier()
    formats(one)
    here_ms = median_ms(lambda: score_piece(classifier, one.samples, one.n_hops))
    print("\n| from the end of a piece to its scores | median s | 90 % | most | answered |\n|---|---|---|---|---|")
    print(f"| here | {here_ms / 1000:.4f} | | | |")
    for what, delay_s in (("cloud at home", 0.0), ("cloud, each request 100 ms late", RTT_S)):
        entries = cloud(arguments.pieces, delay_s)
        took_s = [entry.latency_s for entry in entries if entry.latency_s is not None]
        numbers = f"{statistics.median(took_s):.2f} | {np.percentile(took_s, 90):.2f} | {max(took_s):.2f}"
        print(f"| {what} | {numbers} | {len(took_s)} of {len(entries)} |")
    per_minute = 60 / PIECE_S
    print(f"\na minute of crying: {per_minute * len(encode(one)) / 1e6:.1f} MB in {per_minute:.0f} pieces")
    night = total([entries[index % len(entries)] for index in range(round(CRYING_MIN * per_minute))])
    cost_usd = night.cost_usd(PriceSettings())
    print(f"{CRYING_MIN:g} minutes of it: {night.n_bytes / 1e6:.0f} MB, about {cost_usd:.4f} USD")
    told = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    import_s, rss_mb = map(float, told.split())
    print(f"the function: {import_s:.2f} s to import with its model, {rss_mb:.0f} MB")


if __name__ == "__main__":
    main()
