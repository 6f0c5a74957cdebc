"""Degraded clip: ten seconds with one sound in one room, for scoring sounds one by one (scenes hold many)."""

import numpy as np

from training.data.recordings import Samples
from training.synthesis import augment
from training.synthesis.augment import Microphone
from training.synthesis.pool import load_pool
from training.synthesis.rooms import load_rooms
from training.synthesis.scenes import crying_parts

LENGTH = 160_000  # samples: 10 s


def degraded(rng: np.random.Generator, sound: Samples, split: str) -> Samples:
    """The sound after two to five seconds, 5 to 30 dB over a bed, in a room of one side of the split."""
    rooms, bed = load_rooms(split), augment.at_peak(load_pool(split).bed(rng, LENGTH)[1], 0)
    track = np.zeros(LENGTH, np.float32)
    augment.place(track, augment.faded(sound), int(rng.uniform(2, 5) * 16000))
    wet = augment.reverberate(track, rooms[rng.integers(len(rooms))])
    return Microphone.draw(rng).record(bed + augment.at_snr(wet, bed, rng.uniform(5, 30)))


def degraded_cry(rng: np.random.Generator, split: str = "train") -> Samples:
    """Ten seconds with one cry of one side of the split."""
    clips = load_pool(split).cry_group(rng)
    parts = crying_parts(clips[rng.integers(len(clips))])
    return degraded(rng, parts[rng.integers(len(parts))], split)
