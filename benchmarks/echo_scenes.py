"""Scenes for the benchmark of echo cancellation: a baby cries while the own speaker plays, in the same room."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from tests.support.echoes import ArrayReference
from training.data.levels import sounding_power
from training.data.manifest import Clip, load_manifest
from training.data.paths import LULLABIES
from training.data.recordings import Samples, load_audio, load_lullaby, room_noise
from training.synthesis.augment import reverberate
from training.synthesis.rooms import load_rooms

CRIES_DBFS: Final = (-30.0, -38.0, -46.0)  # RMS of a cry at the microphone; the cries take turns
NOISE_DBFS: Final = -58.0  # RMS of the room's own noise
SILENCE_S: Final = 3.0  # before the sound begins: the gate learns the room
AFTER_S: Final = 3.0  # after the cry: a decision takes some seconds
VOLUME: Final = 0.4
FADE_S: Final = 3.0
LATENCY: Final = 3000  # samples, 0.19 s, from the reference to the recording, beside the room
ROOMS: Final = 2  # in which the speaker stands


@dataclass(frozen=True, slots=True)
class Scene:
    """What the microphone hears, and what the speaker was given."""

    heard: Samples
    reference: ArrayReference
    cry_s: tuple[float, float] | None  # when the baby cries; None: it does not


NOTHING: Final = ArrayReference(np.zeros(0, np.float32), 0)


def val_cries() -> list[Clip]:
    """The cries of `val`, clear and faint ones, by path."""
    cries = [clip for clip in load_manifest() if clip.split == "val" and clip.label == "cry"]
    return sorted(cries, key=lambda clip: clip.path)


def sound_names() -> list[str]:
    """The shipped sounds."""
    return sorted(path.stem for path in LULLABIES.glob("*.ogg"))


def scene(
    cry: str | None,
    sound: Path | None,
    *,
    cry_dbfs: float,
    echo_db: float,
    drift_ppm: float,
    play_s: float,
    seed: int,
) -> Scene:
    """A scene: silence, then the sound, with the cry after `play_s` of it.

    `cry`: path of a clip; None: the sound alone. `sound`: None: the cry in the quiet room. `echo_db`: loudness of the
    echo against the cry; `drift_ppm`: by how much the speaker's clock is faster; `seed` also picks one of ROOMS.
    """
    rng = np.random.default_rng(seed)
    rooms, loud = load_rooms("val"), 10 ** (cry_dbfs / 20)
    dry = np.zeros(0, np.float32) if cry is None else load_audio(cry)
    start, at = round(SILENCE_S * SAMPLE_RATE_HZ), round((SILENCE_S + play_s) * SAMPLE_RATE_HZ)
    n = -(-(at + len(dry) + round(AFTER_S * SAMPLE_RATE_HZ)) // HOP) * HOP  # whole hops: transforms are quick then
    heard = room_noise(rng, n, NOISE_DBFS)
    if len(dry):
        wet = reverberate(np.pad(dry, (0, n - at - len(dry))), rooms[ROOMS])
        heard[at:] += wet * np.float32(loud / np.sqrt(sounding_power(wet)))
    reference = NOTHING
    if sound is not None:
        reference = ArrayReference(_played(rng, sound, n - start), start)
        echo = _echo(reference.samples, rooms[seed % ROOMS], drift_ppm)
        heard[start:] += echo * np.float32(loud * 10 ** (echo_db / 20) / np.sqrt(sounding_power(echo)))
    cry_s = (at / SAMPLE_RATE_HZ, n / SAMPLE_RATE_HZ) if len(dry) else None
    return Scene(np.clip(heard, -1, 1), reference, cry_s)


@cache
def _track(sound: Path) -> Samples:
    return load_lullaby(sound, most_s=600.0)


def _played(rng: np.random.Generator, sound: Path, n: int) -> Samples:
    track = _track(sound)
    played = np.resize(np.roll(track, -int(rng.integers(len(track)))), n) * np.float32(VOLUME)
    fade = round(FADE_S * SAMPLE_RATE_HZ)
    played[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    return played


def _echo(played: Samples, room: Samples, drift_ppm: float) -> Samples:
    """The sound as the microphone hears it, by its own clock."""
    echo: NDArray[np.float32] = reverberate(played, room)
    if drift_ppm:
        echo = soxr.resample(echo, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * (1 - drift_ppm * 1e-6), quality="VHQ")
    late = np.zeros(len(played), np.float32)
    late[LATENCY:] = np.resize(echo, len(played))[: len(played) - LATENCY]
    return late
