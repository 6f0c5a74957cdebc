"""CPU per second of audio, side by side in one run: babycryd, the baseline's way, YAMNet.

    python -m benchmarks.speed

Every contender hears the same minute again and again, in turns, so that a machine whose speed drifts
drifts for all; the median of each is printed with its ratio to babycryd's. One thread each.

- babycryd, active: the whole pipeline (gate, features, classifier, vote) on a cry that never stops.
- with the second opinion: the same with the larger network at every hop, without its budget: the most it can cost.
- babycryd, quiet: the same on a quiet room.
- the baseline's way: 9 s recorded at 44.1 kHz, five windows of 5 s that overlap, for each librosa's
  zero-crossing rate, RMS, 13 MFCC, centroid, roll-off and bandwidth, averaged; then an SVM.
- YAMNet (TFLite), one 0.975 s window every 0.48 s; only where $BABYCRYD_SHARED has it.

Needs the `benchmarks` extra.
"""

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import BLOCK
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.evaluation import baseline

Samples = NDArray[np.float32]
AUDIO_S = 60
SEED_RATE_HZ = 44_100
YAMNET = Path(os.environ.get("BABYCRYD_SHARED", "../shared")) / "models" / "yamnet.tflite"


def sounds() -> tuple[Samples, Samples]:
    """A minute of crying, and a minute of a quiet room, out of the demo's night."""
    night = DemoNight()
    samples = night.samples()
    cry = next(scene for scene in night.scenes if scene.what == "cry")
    crying = samples[int(cry.start_s * SAMPLE_RATE_HZ) : int(cry.end_s * SAMPLE_RATE_HZ)]
    quiet = samples[-25 * SAMPLE_RATE_HZ :]
    n_samples = AUDIO_S * SAMPLE_RATE_HZ
    return np.resize(crying, n_samples), np.resize(quiet, n_samples)


def ours(samples: Samples, second: SecondOpinion | None = None) -> Callable[[], None]:
    """One pipeline that goes on listening, so that the gate has learnt its room after the first round."""
    pipeline = Pipeline(DetectionSettings(), shipped_classifier(), second)
    n_heard = 0

    def hear() -> None:
        nonlocal n_heard
        for start in range(0, len(samples), BLOCK):
            block = samples[start : start + BLOCK]
            pipeline.push(block, n_heard / SAMPLE_RATE_HZ, 0.0)
            n_heard += len(block)

    return hear


def baselines_way(samples: Samples) -> Callable[[], None]:
    import librosa
    from sklearn.svm import SVC

    high = librosa.resample(samples, orig_sr=SAMPLE_RATE_HZ, target_sr=SEED_RATE_HZ)
    rng = np.random.default_rng(0)
    svm = SVC().fit(rng.standard_normal((200, 18)), rng.integers(0, 2, 200))

    def hear() -> None:
        for start in range(0, len(high) - 9 * SEED_RATE_HZ + 1, 9 * SEED_RATE_HZ):
            windows = [high[start + s * SEED_RATE_HZ :][: 5 * SEED_RATE_HZ] for s in range(5)]
            svm.predict(np.array([baseline.features(window, SEED_RATE_HZ) for window in windows]))

    return hear


def yamnet(samples: Samples) -> Callable[[], None]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(YAMNET), num_threads=1)
    interpreter.allocate_tensors()
    index = interpreter.get_input_details()[0]["index"]
    output = interpreter.get_output_details()[0]["index"]

    def hear() -> None:
        for start in range(0, len(samples) - 15_600, 7_680):
            interpreter.set_tensor(index, samples[start : start + 15_600])
            interpreter.invoke()
            interpreter.get_tensor(output)

    return hear


def measure(contenders: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """CPU milliseconds per second of audio, each contender once a round."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for round_ in range(rounds + 1):
        for name, hear in contenders.items():
            began = time.process_time()
            hear()
            if round_:  # the first warms up: caches, librosa's compiler, the gate's floor
                figures[name].append((time.process_time() - began) / AUDIO_S * 1000)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    crying, quiet = sounds()
    contenders = {
        "babycryd, active": ours(crying),
        "babycryd, active, with the second opinion": ours(crying, shipped_second_opinion()),
        "babycryd, quiet": ours(quiet),
        "the baseline's way": baselines_way(crying),
    }
    if YAMNET.exists():
        contenders["YAMNet every 0.48 s"] = yamnet(crying)
    figures = measure(contenders, arguments.rounds)
    active = figures["babycryd, active"]
    print("| | CPU ms per s of audio, median (min-max) | times babycryd's active, median of rounds |")
    print("|---|---|---|")
    for name, row in figures.items():
        ratio = statistics.median(one / other for one, other in zip(row, active, strict=True))
        print(f"| {name} | {statistics.median(row):.2f} ({min(row):.2f}-{max(row):.2f}) | {ratio:.2f} |")


if __name__ == "__main__":
    main()
