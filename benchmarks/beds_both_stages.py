"""Does a learnt floor of a noise that runs all night help the whole detector, second opinion included? Measured.

    python -m benchmarks.beds_both_stages                about five minutes of CPU
    python -m benchmarks.beds_both_stages --share 10     every tenth sound

Like `benchmarks.beds`, but the floor is taken out of the samples, by a Wiener gain for each mel band, so that both
stages can hear the result. Every val cry comes at 0, 5 and 10 dB over a bed, every other sound of val at one of these,
and each bed runs alone for a minute, twice. Needs the recordings of $BABYCRYD_SHARED.
Figures: docs/decisions/0023-a-floor-for-other-machines.md.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_FRAMES, HOP_S
from babycryd.detect import features
from babycryd.detect.episode import Vote, VoteSettings
from babycryd.detect.features import N_FFT, N_MELS, Leveller, log_mel
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from benchmarks.beds import LEAD_HOPS, LEARN_HOPS, SNRS_DB, Result, bed_scene, gain_text, machines
from training.data.manifest import Clip, load_manifest
from training.data.recordings import Samples

WAYS: Final[Mapping[str, tuple[float, float]]] = {  # least gain, as a power, for the classifier and the second opinion
    "as it is": (1.0, 1.0),
    "-6 dB, both": (0.25, 0.25),
    "-10 dB, both": (0.1, 0.1),
    "-10 dB, the classifier only": (0.1, 1.0),
    "-10 dB, the second opinion only": (1.0, 0.1),
}
FALSE_SHARES: Final = (0.01, 0.02)
_STEP: Final = N_FFT // 2
_SMOOTHED: Final = np.ones(3) / 3  # frames: 48 ms
_WINDOW: Final = np.sqrt(np.hanning(N_FFT + 1)[:-1])
_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Alone:
    """Highest vote of a minute of a bed alone, by way."""

    votes: Mapping[str, float]


def without_floor(samples: Samples, bed: Samples, kept: float) -> Samples:
    """Return the samples with a Wiener gain, of `kept` at least, by the energy of `bed` in each mel band."""
    if kept >= 1.0:
        return samples
    spectra = _spectra(np.concatenate([np.zeros(_STEP), samples, np.zeros(2 * N_FFT)]))
    floor = (np.abs(_spectra(bed)) ** 2 @ _bands()).mean(axis=0)
    energy = np.abs(spectra) ** 2 @ _bands()
    near = np.stack([np.convolve(band, _SMOOTHED, "same") for band in energy.T], axis=1)
    gain = np.maximum(1 - floor / np.maximum(near, 1e-15), kept)
    frames = np.fft.irfft(spectra * np.sqrt(gain @ _shares().T)) * _WINDOW
    out = np.zeros((len(frames) + 1) * _STEP)
    for index, frame in enumerate(frames):
        out[index * _STEP : index * _STEP + N_FFT] += frame
    return out[_STEP : _STEP + len(samples)].astype(np.float32)


def _spectra(samples: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::_STEP]
    return np.asarray(np.fft.rfft(frames * _WINDOW))


@cache
def _bands() -> NDArray[np.floating]:
    """Return the classifier's bands over the power of all bins, (N_FFT / 2 + 1, N_MELS)."""
    bands = np.zeros((N_FFT // 2 + 1, N_MELS))
    bands[features._BINS] = features._mel_weights()  # noqa: SLF001  # the classifier's own
    return bands


@cache
def _shares() -> NDArray[np.floating]:
    """Return how much of each band's gain a bin takes, (bins, N_MELS); bins beyond the bands take the nearest one."""
    weights = _bands()
    shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    beyond = np.flatnonzero(weights.sum(axis=1) == 0)
    shares[beyond, np.where(beyond < _STEP // 2, 0, N_MELS - 1)] = 1.0
    return np.asarray(shares)


def votes(heard: Samples, classifier: TfliteClassifier, second: SecondOpinion) -> dict[str, float]:
    """Return the highest vote of each way in a scene from `bed_scene`."""
    bed, late = heard[: LEARN_HOPS * HOP], heard[(LEARN_HOPS - LEAD_HOPS) * HOP :]
    sounds = {kept: without_floor(late, bed, kept) for kept in {kept for way in WAYS.values() for kept in way}}
    scores = {kept: _scores(sound, classifier) for kept, sound in sounds.items()}
    return {way: _highest_vote(scores[first], sounds[other], second) for way, (first, other) in WAYS.items()}


def _scores(samples: Samples, classifier: TfliteClassifier) -> list[float]:
    frames = log_mel(np.concatenate([samples, np.zeros(HOP, np.float32)]))[: len(samples) // HOP * HOP_FRAMES]
    leveller = Leveller()
    classifier.reset()
    return [classifier.score(leveller.push(hop)).score for hop in frames.reshape(-1, HOP_FRAMES, N_MELS)]


def _highest_vote(scores: Sequence[float], samples: Samples, second: SecondOpinion) -> float:
    vote, highest = Vote(VoteSettings()), 0.0
    second.forget()
    for index, one in enumerate(scores):
        at_s = (index + 1) * HOP_S
        second.remember(Hop(samples[index * HOP : (index + 1) * HOP], at_s, 0.0, after_gap=False))
        score = one if index >= LEAD_HOPS else None
        vote.add(score, second.judge(score, at_s))
        highest = max(highest, vote.voted)
    return highest


def results(every: int) -> tuple[list[Result], list[Alone]]:
    """Return the votes of the sounds, and of the beds alone; of each `every` ones the first."""
    classifier, second, beds = shipped_classifier(), shipped_second_opinion(), machines(np.random.default_rng(23))
    clips = [clip for clip in load_manifest() if clip.split == "val"]
    wanted: list[tuple[Clip | None, float]] = [
        (clip, snr_db) for snr_db in SNRS_DB for clip in clips if clip.label == "cry"
    ]
    others = [clip for clip in clips if clip.label == "neg"]
    wanted += [(clip, SNRS_DB[number % len(SNRS_DB)]) for number, clip in enumerate(others)]
    wanted += [(None, 0.0)] * len(beds) * 2
    found, alone = [], []
    for number in tqdm(range(0, len(wanted), every), unit="sound", disable=None):
        clip, snr_db = wanted[number]
        rng = np.random.default_rng([_SEED, number])
        bed = list(beds)[number % len(beds) if clip is None else int(rng.integers(len(beds)))]
        scene = votes(bed_scene(clip, beds[bed], snr_db, rng), classifier, second)
        if clip is None:
            alone.append(Alone(scene))
        else:
            found.append(Result(clip, bed, snr_db, scene))
    return found, alone


def print_table(found: Sequence[Result], alone: Sequence[Alone]) -> None:
    """Print recall and false alarms of each way at the default threshold, and recall at equal false alarms."""
    cries, others = ([each for each in found if (each.clip.label == "cry") is cry] for cry in (True, False))
    default = DetectionSettings().threshold
    print(f"{len(cries)} scenes with a cry, {len(others)} with another sound, {len(alone)} minutes of beds alone")
    shares = " | ".join(f"recall at {share:.0%} false | gain" for share in FALSE_SHARES)
    print(f"| samples | recall at {default:g} | gain | false | beds alone | {shares} |")
    print("|---|---|---|---|---|" + "---|---|" * len(FALSE_SHARES))
    for way in WAYS:
        high = [sum(each.votes[way] >= default for each in some) for some in (cries, others, alone)]
        cells = [
            f"{100 * high[0] / len(cries):.1f}",
            gain_text(cries, way, default, default),
            str(high[1]),
            str(high[2]),
        ]
        for share in FALSE_SHARES:
            at, plain = (
                float(np.quantile([each.votes[one] for each in others], 1 - share)) for one in (way, "as it is")
            )
            cells += [
                f"{100 * np.mean([each.votes[way] >= at for each in cries]):.1f}",
                gain_text(cries, way, at, plain),
            ]
        print(f"| {way} | {' | '.join(cells)} |")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=int, default=1, metavar="N", help="every Nth sound")
    print_table(*results(parser.parse_args().share))


if __name__ == "__main__":
    main()
