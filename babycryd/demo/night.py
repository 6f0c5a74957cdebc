"""PURE. Synthetic night of a nursery: room noise, a door, talk next door, then a baby cries and calms down."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from babycryd.demo.sound import (
    SAMPLE_RATE_HZ,
    FloatArray,
    at_dbfs,
    in_room,
    noise_frequencies,
    pink,
    samples_in,
    shaped_noise,
    swell,
)
from babycryd.demo.voice import babble, cry

What = Literal["door", "talk", "cry"]

_ROOM_DBFS = -58.0  # a quiet nursery at a usual microphone gain


@dataclass(frozen=True, slots=True)
class Scene:
    """Sound of the night, as ground truth for a detector."""

    start_s: float
    end_s: float
    what: What


# In order: quiet until the gate has learnt the room, two sounds that are no cry, the cry, calm.
_SCRIPT = (Scene(8.0, 8.9, "door"), Scene(12.0, 19.0, "talk"), Scene(24.0, 44.0, "cry"))
_LENGTH_S = 80.0


class DemoNight:
    """Night of `length_s`, mono float32 at 16 kHz within [-1, 1]; the same seed gives the same samples."""

    def __init__(self, seed: int = 0, *, length_s: float = _LENGTH_S) -> None:
        self.length_s = length_s
        self.scenes = tuple(scene for scene in _SCRIPT if scene.end_s <= length_s)
        self._seed = seed

    def samples(self) -> NDArray[np.float32]:
        """Return the whole night, (length_s * 16000,), made in a fraction of a second."""
        rng = np.random.default_rng(self._seed)
        night = _room_tone(rng, samples_in(self.length_s))
        for scene in self.scenes:
            sound = _perform(rng, scene)
            start = samples_in(scene.start_s)
            end = min(len(night), start + len(sound))
            night[start:end] += sound[: end - start]
        return np.clip(night, -1, 1).astype(np.float32)

    def blocks(self, block: int = 320) -> Iterator[NDArray[np.float32]]:
        """Yield the same samples in pieces of `block`, the last one perhaps shorter."""
        samples = self.samples()
        return (samples[start : start + block] for start in range(0, len(samples), block))


def _perform(rng: np.random.Generator, scene: Scene) -> FloatArray:
    """Return the sound of a scene with the echo of the room behind it."""
    duration_s = scene.end_s - scene.start_s
    match scene.what:
        case "door":
            dry = at_dbfs(_door(rng, duration_s), -32)
        case "talk":
            dry = at_dbfs(_through_a_wall(babble(rng, duration_s)), -44)
        case "cry":
            dry = at_dbfs(cry(rng, duration_s), -24)
    decay_s = 0.35
    return in_room(rng, np.pad(dry, (0, samples_in(decay_s))), decay_s=decay_s, wet=0.4)


def _room_tone(rng: np.random.Generator, length: int) -> FloatArray:
    """Return soft pink noise (length,) with a sleeper's breath in it, 30 a minute, too faint to stand out."""
    seconds = np.arange(length) / SAMPLE_RATE_HZ
    breathing = np.clip(np.sin(2 * np.pi * seconds / 2.0), 0, None) ** 2
    hz = noise_frequencies(length)
    breath = shaped_noise(rng, length, np.exp(-(((hz - 700) / 500) ** 2)))
    return at_dbfs(pink(rng, length), _ROOM_DBFS) + at_dbfs(breath * breathing, _ROOM_DBFS - 20)


def _door(rng: np.random.Generator, duration_s: float) -> FloatArray:
    """Return the sound of a door: a latch clicks, then the leaf thuds into its frame."""
    length = samples_in(duration_s)
    seconds = np.arange(length) / SAMPLE_RATE_HZ
    hz = noise_frequencies(length)
    click = shaped_noise(rng, length, (hz > 1_500) * 1.0) * _struck(seconds, 0.10, 0.012)
    thud = shaped_noise(rng, length, 1 / (1 + (hz / 160) ** 2)) * _struck(seconds, 0.35, 0.07)
    rattle = shaped_noise(rng, length, (hz > 600) / np.maximum(hz, 600) * 600) * _struck(seconds, 0.36, 0.04)
    return np.asarray((0.3 * click + 1.5 * thud + 0.25 * rattle) * swell(length, 0.01, 0.05))


def _struck(seconds: FloatArray, at_s: float, decay_s: float) -> FloatArray:
    """Return an envelope: 0 until `at_s`, then 1, falling to 1/e of its value every `decay_s`."""
    since_s = seconds - at_s
    return np.where(since_s < 0, 0.0, np.exp(-np.maximum(since_s, 0) / decay_s))


def _through_a_wall(sound: FloatArray) -> FloatArray:
    """Return a sound without the treble that a wall takes: -6 dB an octave above 500 Hz."""
    hz = noise_frequencies(len(sound))
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) / np.sqrt(1 + (hz / 500) ** 2), len(sound)))
