"""Second opinion on val scenes: the shipped model alone beside its logits added to those of mn04.

    python -m training.evaluation.second_opinion --sides shipped-val unseen-val      4 min a side the first time
    python -m training.evaluation.second_opinion --model A.tflite --network B.tflite --sides val-0

Where the shipped model suspects a cry, the network hears the last 1.92 and 3.84 s. What it says is kept in
training/work/second_heard, so that other rules and votes cost seconds.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP, HOP_FRAMES
from babycryd.detect.features import LEAST_HOPS
from babycryd.detect.second_features import LEAD_IN, MELS, hop_energies, network_input
from babycryd.detect.second_opinion import QUIETEST_PEAK, SHORT_HOPS, WINDOW_HOPS, SecondNetwork
from babycryd.detect.second_tflite import TfliteSecondNetwork
from babycryd.detect.tflite import TfliteClassifier
from training.data.folds import SHIPPED_SIDES, SIDES
from training.data.paths import MODELS, WORK
from training.data.recordings import Samples
from training.evaluation.curves_table import comparison
from training.evaluation.detectors import fill_window, student_scores, voted_or_lowest
from training.evaluation.metrics import Scores, vote_scores
from training.evaluation.scoring import VotedScene
from training.synthesis.scenes import SCENE_S, load_scene, scene_paths, write_missing

HEARD: Final = WORK / "second_heard"
WINDOWS_HOPS: Final = (SHORT_HOPS, WINDOW_HOPS)
LEAST_SCORE: Final = 0.03  # of the shipped model within two hops, from which the network is asked here
HOURS: Final = 8.0
UNSUSPECTED: Final = -50.0  # logit, below every sum

Logits = NDArray[np.float64]


@dataclass(slots=True)
class Mn04:
    """mn04 alone: its score of the last 1.92 s at every hop, with a vote of 3 of 5."""

    network: SecondNetwork
    threshold: float = 0.5
    name: str = "mn04 (1.92 s, 3 of 5)"

    def voted(self, key: str, samples: Samples) -> Scores:  # noqa: ARG002  # others look their scores up by key
        """See `detectors.Detector`."""
        whole = fill_window(samples)
        every = np.ones(len(whole) // HOP - LEAST_HOPS + 1)
        logits = second_logits(self.network, whole, every, (SHORT_HOPS,))[:, 0]
        return voted_or_lowest(1 / (1 + np.exp(-logits)))


@dataclass(frozen=True, slots=True)
class HeardScene:
    """What both say about a scene, one row a hop."""

    truth: VotedScene  # without scores
    first: Logits  # (n,) logit of the shipped model
    second: Logits  # (n, windows) logits of the network; NaN where it was not asked


def scene_energies(samples: Samples) -> NDArray[np.float32]:
    """(hops, HOP_FRAMES, MELS) energies of all whole hops."""
    padded = np.pad(samples, (LEAD_IN, 0))
    return np.stack([hop_energies(padded[k * HOP : (k + 1) * HOP + LEAD_IN]) for k in range(len(samples) // HOP)])


def second_logits(
    network: SecondNetwork,
    samples: Samples,
    scores: NDArray[np.floating],
    windows_hops: Sequence[int] = WINDOWS_HOPS,
) -> Logits:
    """(n, windows) logits of the network, for the hops near which the shipped model has LEAST_SCORE; elsewhere NaN."""
    energies, longest = scene_energies(samples), max(windows_hops)
    energies = np.concatenate([np.zeros((longest, HOP_FRAMES, MELS), np.float32), energies])
    peaks = np.pad(np.abs(samples[: len(samples) // HOP * HOP]).reshape(-1, HOP).max(axis=1), (longest, 0))
    near = vote_scores(np.pad(scores, (0, 2)), 1, 5)[2:] >= LEAST_SCORE
    found = np.full((len(scores), len(windows_hops)), np.nan)
    for index in np.flatnonzero(near):
        end = index + LEAST_HOPS + longest
        for column, hops in enumerate(windows_hops):
            heard = energies[end - hops : end].reshape(-1, MELS)
            peak = max(QUIETEST_PEAK, float(peaks[end - hops : end].max()))
            found[index, column] = network.hear(network_input(heard, peak)).logit
    return found


def as_logits(scores: NDArray[np.floating]) -> Logits:
    """Logits of scores, at most 13.8 from 0."""
    clipped = np.clip(np.asarray(scores, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def hear(classifier: TfliteClassifier, network: TfliteSecondNetwork, side: str, hours: float) -> list[HeardScene]:
    """What both say about the scenes of a side; it is kept under the checksums of both."""
    write_missing(side, hours)
    folder, found = HEARD / f"{classifier.sha256[:12]}-{network.sha256[:12]}" / side, list[HeardScene]()
    folder.mkdir(parents=True, exist_ok=True)
    for path in tqdm(scene_paths(side)[: round(hours * 3600 / SCENE_S)], desc=side, unit="scene", mininterval=10):
        scene, known = load_scene(path), folder / f"{path.stem}.{path.stat().st_size}.npz"
        if not known.exists():
            scores = student_scores(classifier, scene.samples)
            np.savez(known, first=scores, second=second_logits(network, scene.samples, scores))
        with np.load(known, allow_pickle=False) as stored:
            found.append(
                HeardScene(VotedScene.from_scene(scene, np.zeros(0)), as_logits(stored["first"]), stored["second"])
            )
    return found


def heard_by_both(
    classifier: TfliteClassifier, fold: TfliteSecondNetwork, sides: Sequence[str], own: Sequence[str], hours: float
) -> list[HeardScene]:
    """What `fold` says about the scenes of `sides`, and then the shipped network about those of `own`."""
    heard = [one for side in sides for one in hear(classifier, fold, side, hours)]
    if own:
        path = MODELS / "second.tflite"
        shipped = TfliteSecondNetwork(path.read_bytes(), str(path), WINDOWS_HOPS)
        heard += [one for side in own for one in hear(classifier, shipped, side, hours)]
    return heard


def voted(logits: Logits, votes: int, voters: int) -> Logits:
    """Voted logits, as `metrics.vote_scores`, which takes scores."""
    return np.asarray(vote_scores(logits + 100, votes, voters) - 100, np.float64)


@dataclass(frozen=True, slots=True)
class Rule:
    """How both become one: the first stage's logits are voted, those of the network added, and the sums voted again."""

    windows: tuple[float, float] | None  # weights of 1.92 and 3.84 s; None: the first stage alone
    before: tuple[int, int] = (1, 1)  # vote of the first stage's logits
    after: tuple[int, int] = (3, 5)  # vote of the sums
    first: float = 1.0  # weight of the first stage
    suspected: float = 0.1  # score of the first stage's vote from which the network is asked
    within: float = np.inf  # logits from the threshold within which the longer window is asked; beyond: 1.92 s alone

    def logits(self, heard: HeardScene) -> Logits:
        """Voted logits of a scene."""
        return voted(self.sums(heard), *self.after)

    def sums(self, heard: HeardScene) -> Logits:
        """Logits of a scene's hops before the last vote; UNSUSPECTED or less where the network was not asked."""
        first = voted(heard.first, *self.before)
        if self.windows is None:
            return first
        asked = (first >= as_logits(np.array(self.suspected))) & ~np.isnan(heard.second[:, 0])
        sums = self.first * first + np.nan_to_num(heard.second) @ np.array(self.windows)
        short = self.first * first + np.nan_to_num(heard.second[:, 0])
        # At every threshold this decides as the longer window does that is asked within `within` of it only.
        sums = np.clip(sums, short - self.within, short + self.within)
        return np.where(asked, sums, UNSUSPECTED + np.minimum(first, 0))


RULES: Final = {
    "the shipped model alone, 3 of 5": Rule(None),
    "alone, 2 of 3": Rule(None, after=(2, 3)),
    "+ 1.92 s, 3 of 5": Rule((1, 0)),
    "2 of 3 + 1.92 s": Rule((1, 0), (2, 3), (1, 1)),
    "1 of 2 + 1.92 s": Rule((1, 0), (1, 2), (1, 1)),
    "1 of 2 + 3.84 s": Rule((0, 1), (1, 2), (1, 1)),
    "1 of 2 + mean of both": Rule((0.5, 0.5), (1, 2), (1, 1)),
    "1 of 2 + mean of both within 1": Rule((0.5, 0.5), (1, 2), (1, 1), within=1.0),
    "1 of 2 + mean of both within 2": Rule((0.5, 0.5), (1, 2), (1, 1), within=2.0),
    "1 of 3 + 1.92 s": Rule((1, 0), (1, 3), (1, 1)),
    "1 of 2 + 1.92 s, suspected from 0.03": Rule((1, 0), (1, 2), (1, 1), suspected=LEAST_SCORE),
    "0.7 times 1 of 2 + 1.92 s": Rule((1, 0), (1, 2), (1, 1), 0.7),
    "0.5 times 1 of 2 + 1.92 s": Rule((1, 0), (1, 2), (1, 1), 0.5),
    "2 of 3 + 3.84 s": Rule((0, 1), (2, 3), (1, 1)),
    "2 of 3 + mean of both": Rule((0.5, 0.5), (2, 3), (1, 1)),
    "2 of 3 + both": Rule((1, 1), (2, 3), (1, 1)),
    "2 of 3 + 1.92 s, 2 of 3": Rule((1, 0), (2, 3), (2, 3)),
    "mn04 alone, mean of both": Rule((0.5, 0.5), (2, 3), (1, 1), 0.0),
}
SHIPPED: Final = "1 of 2 + 3.84 s"  # as `babycryd.detect.second_opinion` does


def scenes_by(rule: Callable[[HeardScene], Logits], heard: Sequence[HeardScene]) -> list[VotedScene]:
    """Scenes with the voted logits of a rule."""
    return [replace(one.truth, voted=rule(one)) for one in heard]


def asked_for(description: str | None) -> Iterator[tuple[str, list[HeardScene]]]:
    """Yield each val side that the command line names, with what both of its models say about the side's scenes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="the first stage's .tflite file")
    parser.add_argument("--network", type=Path, default=MODELS / "second.tflite", help="the network's .tflite file")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SHIPPED_SIDES, help="val sides")
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the scenes of a side")
    options = parser.parse_args()
    classifier = TfliteClassifier(options.model.read_bytes(), str(options.model))
    network = TfliteSecondNetwork(options.network.read_bytes(), str(options.network), WINDOWS_HOPS)
    for side in options.sides:
        yield side, hear(classifier, network, side, options.hours)


def main() -> None:
    """Print a table for each side."""
    for side, heard in asked_for(__doc__):
        asked = np.mean(
            np.concatenate([voted(one.first, *RULES[SHIPPED].before) for one in heard]) >= as_logits(np.array(0.1))
        )
        cries = sum(len(one.truth.cries) for one in heard)
        print(f"\n{side}: {len(heard)} scenes, {cries} cries, {asked:.1%} of the hops suspected\n")
        print(comparison({title: scenes_by(rule.logits, heard) for title, rule in RULES.items()}), flush=True)


if __name__ == "__main__":
    main()
