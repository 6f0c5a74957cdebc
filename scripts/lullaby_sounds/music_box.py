"""PURE. A music box: plucked steel tines over a wooden lid."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scripts.lullaby_sounds.ring import RATE_HZ, Random, Signal, add_round, ring_length, room, seconds_of, with_edges
from scripts.lullaby_sounds.songs import Song, accompaniment_notes, melody_notes, song_beats


@dataclass(frozen=True, slots=True)
class Partial:
    """One mode of vibration of a plucked steel tine."""

    ratio: float  # to the pitch
    amplitude: float
    decay_s: float  # time constant of a tine at 500 Hz


# A tine is a bar clamped at one end: it swings at 1, 6.27 and 17.55 times its pitch, the higher
# ones dying within a fraction of a second. The near-octaves come from the box's lid.
TINE: Final = (
    Partial(1.0, 1.0, 0.85),
    Partial(2.003, 0.16, 0.45),
    Partial(3.011, 0.05, 0.30),
    Partial(6.267, 0.10, 0.09),
    Partial(17.55, 0.02, 0.03),
)
ATTACK_S: Final = 0.002
RING_S: Final = 5.0  # the slowest partial is then below -50 dB


def tine(pitch_hz: float, rng: Random) -> Signal:
    """Return one plucked tine, RING_S long: sharp attack, each partial dying at its own pace."""
    pace = (500.0 / pitch_hz) ** 0.6  # short tines stop sooner
    sound = np.zeros(int(RING_S * RATE_HZ))
    for partial in TINE:
        decay_s = partial.decay_s * pace
        time_s = seconds_of(int(min(RING_S, 10 * decay_s) * RATE_HZ))  # e^-10: nothing is cut
        swing = np.sin(2 * np.pi * (pitch_hz * partial.ratio * time_s + rng.random()))
        sound[: len(time_s)] += partial.amplitude * np.exp(-time_s / decay_s) * swing
    return with_edges(sound, ATTACK_S, 0.5)


def music_box(song: Song, rng: Random) -> Signal:
    """Return the song once round."""
    beat_s = 60 / song.beats_a_minute
    ring = np.zeros(ring_length(song_beats(song) * beat_s))
    for note in [*melody_notes(song), *accompaniment_notes(song)]:
        late_s = rng.uniform(0.0, 0.012)  # a hand-made cylinder
        strength = note.strength * rng.uniform(0.9, 1.0)
        start = int((note.start_beat * beat_s + late_s) * RATE_HZ)
        add_round(ring, start, strength * tine(note.pitch_hz, rng))
    return room(ring, rng)
