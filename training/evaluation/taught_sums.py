"""Sums of both stages along rendered segments, for a first stage that is taught by them (`train --taught`).

    python -m training.synthesis.render --split shipped-train --shards 40 --sound
    python -m training.evaluation.taught_sums --split shipped-train          a minute a shard on one core

The network of the second opinion hears the last 3.84 s of every hop here, suspected or not: what the first stage does
not suspect is what it shall learn. Its waveforms are deleted once a shard is heard.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.detect.features import LEAST_HOPS
from babycryd.detect.scoring import Classifier
from babycryd.detect.second_opinion import WINDOW_HOPS, SecondNetwork
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.tflite import shipped_classifier
from training.data.folds import SIDES
from training.data.labels import label_ends
from training.data.paths import MODELS
from training.data.recordings import Samples
from training.evaluation.detectors import student_scores
from training.evaluation.second_opinion import RULES, SHIPPED, as_logits, second_logits, voted
from training.model.batches import SUMS, shard_numbers
from training.synthesis.render import FRAMES, shard_folder

LABELS = len(label_ends(FRAMES))


def sums_of(classifier: Classifier, network: SecondNetwork, sound: Samples) -> NDArray[np.float64]:
    """(n,) sums of a segment's hops from the first full window on, as the shipped rule has them, none left out."""
    first = as_logits(student_scores(classifier, sound))
    heard = second_logits(network, sound, np.ones(len(first)), (WINDOW_HOPS,))[:, 0]
    return voted(voted(first, *RULES[SHIPPED].before) + heard, *RULES[SHIPPED].after)


def at_labels(sums: NDArray[np.float64], labels: int) -> NDArray[np.float64]:
    """(labels,) of the sums of hops: label i ends after i + 1 half hops; NaN before the first full window."""
    ends = 2 * (LEAST_HOPS + np.arange(len(sums)))  # half hops
    found = np.interp(np.arange(1, labels + 1), ends, sums)
    found[: ends[0] - 1] = np.nan
    return found


def main() -> None:
    """Write the sums of the shards that have waveforms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=SIDES, default="shipped-train", help="side of the split")
    combined = json.loads((MODELS / "second.json").read_text(encoding="utf-8"))["sum"]
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the second opinion's file")
    parser.add_argument(
        "--sum", type=float, nargs=2, default=(combined["slope"], combined["shift"]), help="slope and shift of the sum"
    )
    options = parser.parse_args()
    folder, classifier = shard_folder(options.split), shipped_classifier()
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network))
    slope, shift = options.sum
    for name in tqdm(shard_numbers(folder), unit="shard"):
        waveforms = folder / f"{name}.sound.npy"
        if not waveforms.exists():
            continue
        heard = [sums_of(classifier, network, one / np.float32(32768)) for one in np.load(waveforms, mmap_mode="r")]
        logits = slope * np.array(heard) + shift
        labels = np.stack([at_labels(one, LABELS) for one in logits])
        partial = folder / f".{name}.npy"
        np.save(partial, labels.astype(np.float16))
        partial.replace(folder / f"{name}{SUMS}")
        waveforms.unlink()


if __name__ == "__main__":
    main()
