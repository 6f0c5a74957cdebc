"""PURE. Synthetic voices: an infant's cry and a speech-like babble."""

import numpy as np

from babycryd.demo.sound import (
    SAMPLE_RATE_HZ,
    FloatArray,
    Formant,
    at_dbfs,
    noise_frequencies,
    samples_in,
    shaped_noise,
    swell,
    tract_gain,
    voiced,
    wander,
)

# An infant's vocal tract is about 7 cm long: a quarter-wave resonator at odd multiples of about 1.1 kHz.
_INFANT = (Formant(1_100, 350, 1.0), Formant(3_200, 700, 0.7), Formant(5_200, 900, 0.2))
_INHALED = (Formant(1_600, 900, 1.0), Formant(3_600, 1_200, 0.6))

# Vowels of a grown man, after Peterson and Barney (1952).
_VOWELS = tuple(
    tuple(Formant(centre_hz, 90 + 20 * n, 1 / (1 + n)) for n, centre_hz in enumerate(centres_hz))
    for centres_hz in ((730, 1_090, 2_440), (270, 2_290, 3_010), (570, 840, 2_410), (530, 1_840, 2_480))
)


def cry(rng: np.random.Generator, duration_s: float) -> FloatArray:
    """Return one bout of crying (n,): bursts of 0.6 to 1.4 s between inhalations of 0.2 to 0.4 s, RMS about 0.1."""
    pieces: list[FloatArray] = []
    length = 0
    pitch_hz = rng.uniform(400, 480)  # this baby's voice
    while length < samples_in(duration_s):
        pieces += [_burst(rng, rng.uniform(0.6, 1.4), pitch_hz), _inhalation(rng, rng.uniform(0.2, 0.4))]
        length += len(pieces[-1]) + len(pieces[-2])
    return np.concatenate(pieces)[: samples_in(duration_s)]


def _burst(rng: np.random.Generator, duration_s: float, pitch_hz: float) -> FloatArray:
    """Return one expiratory cry: rising, then falling melody, a trembling and rough voice, some breath in it."""
    length = samples_in(duration_s)
    melody_hz = _melody(rng, length, pitch_hz * rng.uniform(0.92, 1.12))
    voice = voiced(melody_hz, 0.35, _INFANT)
    breath = shaped_noise(rng, length, tract_gain(noise_frequencies(length), _INFANT))
    tremor = 1 + 0.15 * wander(rng, length, 12) + 0.12 * wander(rng, length, 70)
    sound = (at_dbfs(voice, -20) * tremor + at_dbfs(breath, -36)) * swell(length, 0.06, 0.16)
    return np.asarray(sound * rng.uniform(0.75, 1.15))


def _melody(rng: np.random.Generator, length: int, pitch_hz: float) -> FloatArray:
    """Return the fundamental (length,): up within the first quarter, then sinking, with vibrato and jitter."""
    part = np.linspace(0, 1, length)
    arch = np.interp(part, [0, 0.08, 0.25, 0.75, 1], [0.74, 0.95, 1.08, 1.0, 0.76])
    seconds = np.arange(length) / SAMPLE_RATE_HZ
    vibrato = 0.02 * np.sin(2 * np.pi * rng.uniform(5, 7) * seconds + rng.uniform(0, 2 * np.pi))
    return np.asarray(
        pitch_hz * arch * (1 + vibrato + 0.012 * wander(rng, length, 25) + 0.006 * wander(rng, length, 120))
    )


def _inhalation(rng: np.random.Generator, duration_s: float) -> FloatArray:
    """Return the gasp between two bursts, with a pause on either side."""
    length = samples_in(duration_s)
    gasp = shaped_noise(rng, length, tract_gain(noise_frequencies(length), _INHALED))
    return at_dbfs(gasp, -38) * swell(length, 0.4 * duration_s, 0.3 * duration_s)


def babble(rng: np.random.Generator, duration_s: float) -> FloatArray:
    """Return talk next door (n,): syllables of gliding vowels and hisses, no language, RMS 0.1."""
    pieces: list[FloatArray] = []
    length = 0
    while length < samples_in(duration_s):
        pieces.append(_phrase(rng, int(rng.integers(3, 9))))
        length += len(pieces[-1])
    return at_dbfs(np.concatenate(pieces)[: samples_in(duration_s)], -20)


def _phrase(rng: np.random.Generator, n_syllables: int) -> FloatArray:
    """Return syllables whose pitch sinks towards the pause at the end."""
    pitches_hz = np.linspace(135, 95, n_syllables) * rng.uniform(0.9, 1.15, n_syllables)
    spoken = [_syllable(rng, rng.uniform(0.1, 0.26), float(pitch_hz)) for pitch_hz in pitches_hz]
    return np.concatenate([*spoken, np.zeros(samples_in(rng.uniform(0.25, 0.6)))])


def _syllable(rng: np.random.Generator, duration_s: float, pitch_hz: float) -> FloatArray:
    """Return a hiss (mostly), a vowel gliding into another, and a short closure."""
    length = samples_in(duration_s)
    melody_hz = pitch_hz * (1.06 - 0.12 * np.linspace(0, 1, length) + 0.015 * wander(rng, length, 80))
    first, second = (_VOWELS[n] for n in rng.integers(len(_VOWELS), size=2))
    glide = np.linspace(0, 1, length)
    vowel = (1 - glide) * at_dbfs(voiced(melody_hz, 0.7, first), -20) + glide * at_dbfs(
        voiced(melody_hz, 0.7, second), -20
    )
    breath = shaped_noise(rng, length, tract_gain(noise_frequencies(length), first))
    vowel = (vowel + at_dbfs(breath, -34)) * swell(length, 0.025, 0.06) * rng.uniform(0.5, 1.2)
    hiss_length = samples_in(rng.uniform(0.03, 0.09)) if rng.random() < 0.7 else 0
    return np.concatenate([_hiss(rng, hiss_length), vowel, np.zeros(samples_in(rng.uniform(0.01, 0.05)))])


def _hiss(rng: np.random.Generator, length: int) -> FloatArray:
    if length == 0:
        return np.zeros(0)
    hiss = shaped_noise(rng, length, (noise_frequencies(length) > rng.uniform(1_500, 3_500)) * 1.0)
    return at_dbfs(hiss, rng.uniform(-34, -26)) * swell(length, 0.015, 0.015)
