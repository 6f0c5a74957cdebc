"""Which activity gate keeps the cries, and which lets the classifier sleep?

    python -m benchmarks.gates            about two minutes

For every candidate: the share of the windows that the shipped classifier calls a cry (score at the
default threshold, heard without any gate) for which the gate is open, on cries of both splits in a
clean room, in a fan and in rain at 20, 10 and 0 dB; the share it passes of three quiet nights (an
hour of a silent room in which something short sounds every two minutes, the same with rumble below
150 Hz as of a street or a fridge, and the demo's with breathing); and the CPU it takes. Needs the
recordings of $BABYCRYD_SHARED and the `benchmarks` extra.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.signal
import webrtcvad
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from babycryd.detect.features import HISTORY_HOPS
from babycryd.detect.gate import ActivityGate, GateSettings, Segmenter
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import shipped_classifier
from training.data.manifest import Clip, load_manifest
from training.data.recordings import Samples, load_audio
from training.model.streaming import score_hops
from training.synthesis import synthetic_sounds
from training.synthesis.augment import at_peak, at_snr

WARM_UP_S = 40  # the daemon has been listening to its room for long when a baby cries
NIGHT_S = 3600
NIGHT_EVENT_EVERY_S = 120  # a creak, a cough, a car
Active = NDArray[np.bool_]  # (hops,)


@dataclass(frozen=True)
class Scene:
    bed: str
    samples: Samples
    positive: Active  # windows that the classifier calls a cry


def adaptive(samples: Samples, settings: GateSettings) -> Active:
    """Ours."""
    gate = ActivityGate(settings)
    return np.array([gate.process(hop).active for hop in hops(samples)])


def webrtc(samples: Samples, high_pass_hz: float, mode: int = 2) -> Active:
    """The speech detector of WebRTC, a hop being active if any of its 30 ms frames is."""
    if high_pass_hz:
        samples = scipy.signal.sosfilt(
            scipy.signal.butter(4, high_pass_hz, "high", fs=SAMPLE_RATE_HZ, output="sos"), samples
        )
    vad = webrtcvad.Vad(mode)
    frames = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[: len(samples) // HOP * HOP].reshape(-1, 480)
    speech = [vad.is_speech(frame.tobytes(), SAMPLE_RATE_HZ) for frame in frames]
    return np.asarray(np.array(speech).reshape(-1, HOP // 480).any(axis=1))


def hops(samples: Samples) -> Iterator[Samples]:
    return iter(samples[: len(samples) // HOP * HOP].reshape(-1, HOP))


def is_open(active: Active, settings: GateSettings) -> Active:
    """With hangover and minimum length, which every candidate gets."""
    segmenter = Segmenter(settings)
    opened = []
    for index, is_active in enumerate(active):
        segmenter.update(active=bool(is_active), at_s=(index + 1) * HOP_S)
        opened.append(segmenter.open)
    return np.array(opened)


CANDIDATES: dict[str, Callable[[Samples], Active]] = {
    **{
        f"adaptive floor, {margin_db:g} dB": partial(adaptive, settings=GateSettings(margin_db=margin_db))
        for margin_db in (3.0, 4.0, 5.0, 6.0, 8.0)
    },
    "webrtc 2": partial(webrtc, high_pass_hz=0),
    "webrtc 2 behind 250 Hz": partial(webrtc, high_pass_hz=250),
}


def fan(rng: np.random.Generator, n_samples: int) -> Samples:
    return synthetic_sounds.fan(rng, n_samples)


def rain(rng: np.random.Generator, n_samples: int) -> Samples:
    clips = [clip for clip in load_manifest() if clip.note == "rain"]
    pieces = [load_audio(clips[rng.integers(len(clips))].path)] * (n_samples // SAMPLE_RATE_HZ // 4 + 1)
    return np.concatenate(pieces)[:n_samples]


def room(rng: np.random.Generator, n_samples: int) -> Samples:
    """A quiet bedroom: brownish noise whose level wanders by a few decibels, at -65 dBFS."""
    noise = np.concatenate(
        [synthetic_sounds.coloured_noise(rng, 60 * SAMPLE_RATE_HZ)] * (n_samples // SAMPLE_RATE_HZ // 60 + 1)
    )
    noise = noise[:n_samples] / noise.std()
    wander_db = np.interp(np.arange(n_samples), *_wander(rng, n_samples))
    return np.asarray(noise * 10 ** ((-65 + wander_db) / 20), np.float32)


def _wander(rng: np.random.Generator, n_samples: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    at = np.arange(0, n_samples + 1, 20 * SAMPLE_RATE_HZ)
    return at, rng.normal(0, 2, len(at))


def cry_scene(rng: np.random.Generator, clip: Clip, bed: str, snr_db: float) -> Samples:
    """The bed alone for WARM_UP_S, then the cry in it, at any level a microphone gives."""
    cry = load_audio(clip.path)
    noise = {"room": room, "fan": fan, "rain": rain}[bed](rng, WARM_UP_S * SAMPLE_RATE_HZ + len(cry))
    noise = noise / max(float(np.abs(noise).max()), 1e-9)
    noise[-len(cry) :] += at_snr(cry, noise, snr_db)
    return at_peak(noise, rng.uniform(-40, -5))


def night(rng: np.random.Generator) -> Samples:
    """An hour of a quiet room in which something short happens every two minutes."""
    samples = room(rng, NIGHT_S * SAMPLE_RATE_HZ)
    clips = [clip for clip in load_manifest() if clip.label == "neg" and clip.duration_s <= 5]
    for at_s in range(60, NIGHT_S - 10, NIGHT_EVENT_EVERY_S):
        sound = at_peak(load_audio(clips[rng.integers(len(clips))].path), rng.uniform(-45, -15))
        samples[at_s * SAMPLE_RATE_HZ :][: len(sound)] += sound
    return samples


def rumble(rng: np.random.Generator, n_samples: int) -> Samples:
    """A street or a fridge: all below 150 Hz, swelling and fading, at -35 dBFS."""
    low = scipy.signal.butter(4, 150, "low", fs=SAMPLE_RATE_HZ, output="sos")
    noise = scipy.signal.sosfilt(low, rng.standard_normal(n_samples))
    swell_db = np.interp(np.arange(n_samples), *_wander(rng, n_samples))
    return np.asarray(noise / noise.std() * 10 ** ((-35 + 2 * swell_db) / 20), np.float32)


def breathing(n_samples: int) -> Samples:
    """The demo's room, with a sleeper in it."""
    calm = DemoNight().samples()[-20 * SAMPLE_RATE_HZ :]
    return np.resize(calm, n_samples)


def cpu_ms_per_s(candidate: Callable[[Samples], Active], samples: Samples) -> float:
    began = time.process_time()
    candidate(samples)
    return (time.process_time() - began) / (len(samples) / SAMPLE_RATE_HZ) * 1000


def positive_windows(samples: Samples) -> Active:
    """Which hops the classifier calls a cry, asked about the end of the scene only."""
    classifier, threshold = shipped_classifier(), DetectionSettings().threshold
    start = WARM_UP_S * SAMPLE_RATE_HZ // HOP - HISTORY_HOPS
    scored_hops = [one.score >= threshold for one in score_hops(classifier, samples[start * HOP :])]
    positive = np.zeros(len(samples) // HOP, bool)
    positive[len(positive) - len(scored_hops) :] = scored_hops
    return positive


def scenes(rng: np.random.Generator, limit: int) -> list[Scene]:
    cries = [clip for clip in load_manifest() if clip.label in ("cry", "cry_suspect")]
    chosen = [cries[index] for index in rng.permutation(len(cries))[:limit]]
    made = []
    for clip in tqdm(chosen, desc="scenes", unit="cry"):
        for bed, snr_db in (
            ("room", 30),
            ("fan", 20),
            ("fan", 10),
            ("fan", 0),
            ("rain", 20),
            ("rain", 10),
            ("rain", 0),
        ):
            samples = cry_scene(rng, clip, bed, snr_db)
            made.append(Scene(f"{bed} {snr_db} dB", samples, positive_windows(samples)))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cries", type=int, default=60, help="how many cries, drawn with a fixed seed (default 60)")
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    made, quiet = scenes(rng, arguments.cries), night(rng)
    nights = (quiet, quiet + rumble(rng, len(quiet)), breathing(600 * SAMPLE_RATE_HZ))
    beds = list(dict.fromkeys(scene.bed for scene in made))
    n_positive = {bed: sum(scene.positive.sum() for scene in made if scene.bed == bed) for bed in beds}
    print(f"| gate | all cries | {' | '.join(beds)} | quiet | rumbling | breathing | CPU ms/s |")
    print(f"|---|---|{'---|' * (len(beds) + 4)}")
    counts = " | ".join(str(n) for n in n_positive.values())
    print(f"| positive windows | {sum(n_positive.values())} | {counts} | | | | |")
    for name, candidate in CANDIDATES.items():
        kept = dict.fromkeys(beds, 0)
        for scene in made:
            kept[scene.bed] += int((is_open(candidate(scene.samples), GateSettings()) & scene.positive).sum())
        shares = [f"{kept[bed] / max(n_positive[bed], 1):.1%}" for bed in beds]
        everything = sum(kept.values()) / max(sum(n_positive.values()), 1)
        passed = [f"{is_open(candidate(one), GateSettings())[WARM_UP_S * 5 :].mean():.1%}" for one in nights]
        cost = cpu_ms_per_s(candidate, quiet)
        print(f"| {name} | {everything:.2%} | {' | '.join(shares + passed)} | {cost:.2f} |", flush=True)


if __name__ == "__main__":
    main()
