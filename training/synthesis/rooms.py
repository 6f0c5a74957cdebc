"""Impulse responses of rooms, simulated and measured; train and val rooms are disjoint.

python -m training.synthesis.rooms       simulates the rooms once, into training/work/rooms (about 10 seconds)
"""

import argparse
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.folds import clips_of, split_of
from training.data.manifest import RIR_LABEL
from training.data.paths import ROOMS, SHARED
from training.data.recordings import Samples, load_audio

SEED: Final = {"train": 11, "val": 12}
COUNT: Final = {"train": 240, "val": 40}
# Shared simulations below this number are train rooms, the others val rooms.
FIRST_VAL_ROOM = 28
COMMAND: Final = "python -m training.synthesis.rooms"


def simulate(rng: np.random.Generator) -> Samples:
    """Impulse response of a random shoe-box bedroom: baby in a cot, microphone on a shelf or a table."""
    import pyroomacoustics as pra  # heavy, and only the simulation needs it

    size_m = rng.uniform([2.5, 2.5, 2.3], [5.5, 4.5, 2.8])
    rt60_s = rng.uniform(0.18, 0.75)
    absorption, order = pra.inverse_sabine(rt60_s, size_m)
    room = pra.ShoeBox(size_m, fs=SAMPLE_RATE_HZ, materials=pra.Material(absorption), max_order=min(order, 22))
    room.add_source(_place(rng, size_m, heights_m=(0.4, 1.2)))
    room.add_microphone(_place(rng, size_m, heights_m=(0.5, 2.0)))
    room.compute_rir()
    return normalised(np.asarray(room.rir[0][0]))


def _place(
    rng: np.random.Generator, size_m: NDArray[np.float64], heights_m: tuple[float, float]
) -> NDArray[np.float64]:
    low, high = np.array([0.3, 0.3, heights_m[0]]), np.array([size_m[0] - 0.3, size_m[1] - 0.3, heights_m[1]])
    return rng.uniform(low, high)


def normalised(response: NDArray[np.floating]) -> Samples:
    """The response from the direct sound on, at most 0.6 s, with unit energy (levels are set later, by SNR)."""
    start = max(0, int(np.argmax(np.abs(response))) - 16)
    cut = response[start : start + int(0.6 * SAMPLE_RATE_HZ)]
    return np.asarray(cut / (np.sqrt(np.sum(cut**2)) + 1e-12), np.float32)


def measured_rooms(side: str) -> list[Samples]:
    """Impulse responses measured in real rooms: the `rir` clips of one side of the split."""
    clips = [clip for clip in clips_of(side) if clip.label == RIR_LABEL]
    return [normalised(load_audio(clip.path)) for clip in sorted(clips, key=lambda clip: clip.path)]


@lru_cache
def load_rooms(side: str) -> tuple[Samples, ...]:
    """All impulse responses of one side of the split: shared simulations, own simulations, measured rooms.

    Raises FileNotFoundError where there is none.
    """
    split = split_of(side)
    shared = sorted((SHARED / "rir").glob("sim_*.wav"))
    mine = [path for path in shared if (int(path.stem[-2:]) >= FIRST_VAL_ROOM) == (split == "val")]
    paths = mine + sorted((ROOMS / split).glob("*.wav"))
    rooms = *(normalised(soundfile.read(path)[0]) for path in paths), *measured_rooms(side)
    if not rooms:
        raise FileNotFoundError(f"no {split} rooms in {SHARED / 'rir'} or {ROOMS / split}; run {COMMAND}")
    return rooms


def simulate_missing(split: str, folder: Path) -> None:
    """Simulate the missing rooms of one side; room i is the same on every run."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in tqdm(range(COUNT[split]), desc=f"{split} rooms", unit="room"):
        path = folder / f"{index:04}.wav"
        if not path.exists():
            response = simulate(np.random.default_rng([SEED[split], index]))
            soundfile.write(path, response / np.abs(response).max(), SAMPLE_RATE_HZ, subtype="FLOAT")


def main() -> None:
    """Simulate the missing rooms of both sides."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    for split in ("val", "train"):
        simulate_missing(split, ROOMS / split)


if __name__ == "__main__":
    main()
