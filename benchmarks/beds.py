"""Does a learnt floor of a noise that runs all night help the classifier? Per-band subtraction, five ways, measured.

    python -m benchmarks.beds                  about two minutes of CPU
    python -m benchmarks.beds --cries 70       the part in the decision

A machine runs (a fan, a white-noise machine, and the val beds of the recordings). Its energy in each mel band is known
from the ten seconds before, exactly: better than a floor that a night could teach. Then a val cry, or another sound of
val, comes at 0, 5 or 10 dB against it, in a val room. The classifier takes the energies as they are, or without the
floor. Needs the recordings of $BABYCRYD_SHARED. Figures: docs/decisions/0023-a-floor-for-other-machines.md.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP, HOP_FRAMES, SAMPLE_RATE_HZ
from babycryd.detect.episode import Vote, VoteSettings
from babycryd.detect.features import N_MELS, Leveller, log_mel
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from training.data.manifest import BED_LABEL, Clip, load_manifest
from training.data.recordings import Samples, load_audio, room_noise
from training.synthesis.augment import at_snr, reverberate
from training.synthesis.rooms import load_rooms

SNRS_DB: Final = (0.0, 5.0, 10.0)
BED_DBFS: Final = -45.0
LEARN_HOPS: Final = 42  # 10 s
LEAD_HOPS: Final = 10  # of the bed alone, that the classifier hears before the sound
AFTER_HOPS: Final = 6
ALONE_HOPS: Final = 250  # a minute
FALSE_SHARE: Final = 0.01  # of the other sounds, at which recalls are compared
_RESAMPLES: Final = 1000
LogMel = NDArray[np.floating]  # (frames, N_MELS), natural log
Floor = NDArray[np.floating]  # (N_MELS,), energy


def subtracted(log_energy: LogMel, floor: Floor, kept: float) -> LogMel:
    """Return the energies without the floor, of which the share `kept` stays at least."""
    return np.asarray(np.log(np.maximum(np.exp(log_energy) - (1 - kept) * floor, kept * floor)))


def smoothly_subtracted(log_energy: LogMel, floor: Floor, kept: float) -> LogMel:
    """Return the energies with a Wiener gain, from the energies of five frames, of `kept` at least."""
    energy = np.exp(log_energy)
    near = np.stack([np.convolve(band, np.ones(5) / 5, "same") for band in energy.T], axis=1)
    return np.asarray(log_energy + np.log(np.maximum(1 - floor / np.maximum(near, 1e-12), kept)))


WAYS: Final[Mapping[str, Callable[[LogMel, Floor], LogMel]]] = {
    "as it is": lambda energy, _: energy,
    "floor -3 dB": lambda energy, floor: subtracted(energy, floor, 0.5),
    "floor -6 dB": lambda energy, floor: subtracted(energy, floor, 0.25),
    "floor -10 dB": lambda energy, floor: subtracted(energy, floor, 0.1),
    "floor -20 dB": lambda energy, floor: subtracted(energy, floor, 0.01),
    "smoothed, -10 dB": lambda energy, floor: smoothly_subtracted(energy, floor, 0.1),
}


@dataclass(frozen=True, slots=True)
class Result:
    """Highest vote of a sound, by way, 0..1."""

    clip: Clip
    bed: str
    snr_db: float
    votes: Mapping[str, float]


def machines(rng: np.random.Generator) -> dict[str, Samples]:
    """Return the beds of val, and two computed machines: white noise, and a fan with the hum of its motor."""
    n = 30 * SAMPLE_RATE_HZ
    hum = sum(np.sin(2 * np.pi * 100 * k * np.arange(n) / SAMPLE_RATE_HZ) / k**2 for k in range(1, 6))
    fan = room_noise(rng, n, -40.0) + 0.004 * np.asarray(hum, np.float32)
    clips = [clip for clip in load_manifest() if (clip.label, clip.split) == (BED_LABEL, "val")]
    beds = {clip.path.rpartition("/")[2][:-4]: load_audio(clip.path) for clip in clips if clip.duration_s > 10}
    return beds | {"white noise": rng.normal(0, 0.01, n).astype(np.float32), "fan": fan}


def bed_scene(clip: Clip | None, bed: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """Return LEARN_HOPS of the bed, then the sound of the clip over it, whole hops; None: a minute of the bed alone."""
    wet, hops = np.zeros(0, np.float32), ALONE_HOPS
    if clip is not None:
        wet = reverberate(load_audio(clip.path), load_rooms("val")[int(rng.integers(len(load_rooms("val"))))])
        hops = -(-len(wet) // HOP)
    hops += LEARN_HOPS + AFTER_HOPS
    noise = np.resize(np.roll(bed, -int(rng.integers(len(bed)))), hops * HOP)
    noise = noise * np.float32(10 ** (BED_DBFS / 20) / np.sqrt(np.mean(np.square(noise, dtype=np.float64))))
    heard = noise.copy()
    if clip is not None:
        heard[LEARN_HOPS * HOP :][: len(wet)] += at_snr(wet, noise, snr_db)
    return heard


def votes(
    clip: Clip, bed: Samples, snr_db: float, rng: np.random.Generator, classifier: TfliteClassifier
) -> dict[str, float]:
    """Return the highest vote of each way while the sound comes over the bed."""
    heard = bed_scene(clip, bed, snr_db, rng)
    frames = log_mel(np.concatenate([heard, np.zeros(HOP, np.float32)]))[: len(heard) // HOP * HOP_FRAMES]
    floor = np.exp(frames[: LEARN_HOPS * HOP_FRAMES]).mean(axis=0)
    late = frames[(LEARN_HOPS - LEAD_HOPS) * HOP_FRAMES :]
    return {way: _highest_vote(change(late, floor), classifier) for way, change in WAYS.items()}


def _highest_vote(frames: LogMel, classifier: TfliteClassifier) -> float:
    leveller, vote, highest = Leveller(), Vote(VoteSettings()), 0.0
    classifier.reset()
    for index, hop in enumerate(frames.reshape(-1, HOP_FRAMES, N_MELS)):
        score = classifier.score(leveller.push(hop)).score
        vote.add(score if index >= LEAD_HOPS else None)
        highest = max(highest, vote.voted)
    return highest


def results(cries: int | None) -> list[Result]:
    """Return the votes of each val cry at each SNR over two beds, and of each other sound over one."""
    rng, classifier = np.random.default_rng(23), shipped_classifier()
    beds, clips = machines(rng), [clip for clip in load_manifest() if clip.split == "val"]
    wanted: list[tuple[Clip, float]] = []
    for clip in [clip for clip in clips if clip.label == "cry"][:cries]:
        wanted += [(clip, snr_db) for snr_db in SNRS_DB for _ in range(2)]
    others = [clip for clip in clips if clip.label == "neg"]
    wanted += [(clip, SNRS_DB[number % len(SNRS_DB)]) for number, clip in enumerate(others[: cries and 4 * cries])]
    found = []
    for clip, snr_db in tqdm(wanted, unit="sound", disable=None):
        bed = list(beds)[int(rng.integers(len(beds)))]
        found.append(Result(clip, bed, snr_db, votes(clip, beds[bed], snr_db, rng, classifier)))
    return found


def gain_text(cries: Sequence[Result], way: str, at: float, plain_at: float) -> str:
    """Return by how many points of recall a way wins, with its 95 % interval over babies."""
    groups = sorted({each.clip.group for each in cries})
    sums = np.zeros((len(groups), 2))
    for each in cries:
        won = (each.votes[way] >= at) - (each.votes["as it is"] >= plain_at)
        sums[groups.index(each.clip.group)] += (won, 1)
    draws = np.random.default_rng(0).integers(len(groups), size=(_RESAMPLES, len(groups)))
    drawn = sums[draws].sum(axis=1)
    low, high = np.percentile(100 * drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
    return f"{100 * sums[:, 0].sum() / sums[:, 1].sum():+.1f} ({low:+.1f} to {high:+.1f})"


def print_table(found: Sequence[Result]) -> None:
    """Print false alarms and recall of each way, at the default threshold and at equal false alarms, and by SNR."""
    cries, others = ([each for each in found if (each.clip.label == "cry") is cry] for cry in (True, False))
    default = DetectionSettings().threshold
    equal = {way: float(np.quantile([each.votes[way] for each in others], 1 - FALSE_SHARE)) for way in WAYS}
    print(f"{len(cries)} scenes with a cry, {len(others)} with another sound")
    snrs = " | ".join(f"at {snr_db:g} dB" for snr_db in SNRS_DB)
    print(f"| energies | recall at {default:g} | false | recall at {FALSE_SHARE:.0%} false | {snrs} | gain |")
    print("|---|---|---|---|---|---|---|---|")
    for way in WAYS:
        recalls = [np.mean([each.votes[way] >= equal[way] for each in cries if each.snr_db == snr]) for snr in SNRS_DB]
        at_default = [np.mean([each.votes[way] >= default for each in some]) for some in (cries, others)]
        cells = [f"{100 * share:.1f}" for share in (*at_default, np.mean(recalls), *recalls)]
        print(f"| {way} | {' | '.join(cells)} | {gain_text(cries, way, equal[way], equal['as it is'])} |")
    print("\n| bed | scenes | " + " | ".join(WAYS) + " |\n|---|---|" + "---|" * len(WAYS))
    for bed in sorted({each.bed for each in cries}):
        some = [each for each in cries if each.bed == bed]
        cells = [f"{100 * np.mean([each.votes[way] >= equal[way] for each in some]):.0f}" for way in WAYS]
        print(f"| {bed} | {len(some)} | {' | '.join(cells)} |")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cries", type=int, help="the first so many cries, and four times as many other sounds")
    print_table(results(parser.parse_args().cries))


if __name__ == "__main__":
    main()
