"""Confusers: made-up sounds that are taken for cries. Each is `(rng, n) -> (n,) float32`, peak at most 1.

They are what the model fires at in homes that no recording here comes from: cats, laughter, single vowels, toys.
"""

from typing import Final

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.recordings import Samples
from training.synthesis.augment import at_peak, place
from training.synthesis.synthetic_sounds import Sound
from training.synthesis.voices.source_filter import Curve, Larynx, Throat, arc, swell


def samples_in(seconds: float) -> int:
    """Samples of this time, at least two."""
    return max(2, int(seconds * SAMPLE_RATE_HZ))


def one_after_another(rng: np.random.Generator, n: int, sounds: list[Curve], pause_s: tuple[float, float]) -> Samples:
    """The sounds with pauses between them, from a random moment within the first 0.3 s on."""
    track, at = np.zeros(n), int(rng.uniform(0, 0.3) * min(n, SAMPLE_RATE_HZ))
    for sound in sounds:
        place(track, sound, min(at, n))
        at += len(sound) + samples_in(rng.uniform(*pause_s))
    return at_peak(track, 0)


def _miaow(rng: np.random.Generator, seconds: float, rough: float) -> Curve:
    """One call of a cat: its mouth opens and closes while the pitch rises and falls. `rough` is 0..1."""
    n, low_hz = samples_in(seconds), rng.uniform(280, 650)
    larynx = Larynx(
        fall=rng.uniform(0.5, 1.3), jitter=0.05 * rough, subharmonic=rough * rng.uniform(0.3, 1.0), breath=0.5 * rough
    )
    source = larynx.source(rng, arc(rng, n, low_hz, low_hz * rng.uniform(1.1, 1.8)))
    length_cm, bandwidth_hz = rng.uniform(7.5, 10.5), rng.uniform(80, 200)
    shut, wide = (Throat(length_cm, openness, bandwidth_hz).filtered(source) for openness in (0.2, 1.1))
    mouth = swell(n, 0.35 * seconds, rng.uniform(0.3, 0.6) * seconds)
    growl = 1 + 0.6 * rough * np.sin(2 * np.pi * rng.uniform(18, 60) * np.arange(n) / SAMPLE_RATE_HZ)
    return np.asarray(((1 - mouth) * shut + mouth * wide) * growl * swell(n, 0.08, 0.25))


def cat_miaow(rng: np.random.Generator, n: int) -> Samples:
    """A cat that asks: one to three miaows of 0.4 to 1.2 s."""
    calls = [_miaow(rng, rng.uniform(0.4, 1.2), rng.uniform(0, 0.2)) for _ in range(int(rng.integers(1, 4)))]
    return one_after_another(rng, n, calls, (0.2, 1.5))


def cat_yowl(rng: np.random.Generator, n: int) -> Samples:
    """An angry or pained cat: long, rough yowls of 1.2 to 5 s."""
    calls = [_miaow(rng, rng.uniform(1.2, 5.0), rng.uniform(0.4, 1.0)) for _ in range(int(rng.integers(1, 3)))]
    return one_after_another(rng, n, calls, (0.1, 0.8))


def _laugh(rng: np.random.Generator) -> Curve:
    """One bout: four to ten voiced pulses, four to seven a second, each after an h; pitch and loudness fall."""
    throat = Throat(rng.uniform(8.5, 15), rng.uniform(0.8, 1.1), rng.uniform(80, 200))
    count, beat = int(rng.integers(4, 11)), samples_in(1 / rng.uniform(4, 7))
    pitch_hz, fall = rng.uniform(260, 620), rng.uniform(0.93, 1.02)
    bout = np.zeros(count * beat + beat)
    for index in range(count):
        voiced = int(beat * rng.uniform(0.4, 0.75))
        low_hz = pitch_hz * fall**index
        larynx = Larynx(fall=rng.uniform(0.8, 1.5), jitter=0.01, breath=rng.uniform(0.05, 0.4))
        pulse = larynx.source(rng, arc(rng, voiced, low_hz, low_hz * rng.uniform(1.02, 1.25)))
        aspirated = rng.standard_normal(beat - voiced) * rng.uniform(0.1, 0.5)
        sound = np.concatenate([aspirated * swell(beat - voiced, 0.02, 0.01), pulse * swell(voiced, 0.015, 0.05)])
        place(bout, throat.filtered(sound) * 0.93**index * rng.uniform(0.8, 1.0), index * beat)
    return bout


def laughter(rng: np.random.Generator, n: int) -> Samples:
    """A laughing child or adult: bouts of pulses."""
    bouts = [_laugh(rng) for _ in range(1 + int(n / SAMPLE_RATE_HZ / 2.5))]
    return one_after_another(rng, n, bouts, (0.2, 1.0))


def raised_vowel(rng: np.random.Generator, n: int) -> Samples:
    """One spoken vowel of 0.25 to 1 s with a raised pitch: a call, a question, an exclamation."""
    size, low_hz = samples_in(rng.uniform(0.25, 1.0)), rng.uniform(150, 420)
    larynx = Larynx(fall=rng.uniform(0.8, 1.6), jitter=rng.uniform(0, 0.01), breath=rng.uniform(0, 0.15))
    source = larynx.source(rng, arc(rng, size, low_hz, low_hz * rng.uniform(1.1, 2.0)))
    throat = Throat(rng.uniform(10.5, 17.5), rng.uniform(0.3, 1.1), rng.uniform(60, 120))
    return one_after_another(rng, n, [throat.filtered(source) * swell(size, 0.03, 0.1)], (0.0, 0.0))


def squeaky_toy(rng: np.random.Generator, n: int) -> Samples:
    """A rubber toy: a squeak out, a hoarser one in, again and again."""
    base_hz, squeezes = rng.uniform(700, 2400), list[Curve]()
    body = Throat(rng.uniform(5, 9), 1.0, rng.uniform(200, 500))
    for _ in range(max(1, int(n / SAMPLE_RATE_HZ / rng.uniform(0.4, 1.2)))):
        for way, breath in ((1.0, rng.uniform(0, 0.3)), (rng.uniform(0.6, 0.9), rng.uniform(0.3, 1.5))):
            size = samples_in(rng.uniform(0.06, 0.3))
            pitch_hz = base_hz * way * np.geomspace(rng.uniform(0.7, 1.0), rng.uniform(1.0, 1.5), size)
            squeak = Larynx(fall=rng.uniform(0.7, 1.4), breath=breath).source(rng, pitch_hz)
            squeezes.append(body.filtered(squeak) * swell(size, 0.01, 0.03) * way)
    return one_after_another(rng, n, squeezes, (0.02, 0.25))


CONFUSERS: Final[tuple[Sound, ...]] = (cat_miaow, cat_yowl, laughter, raised_vowel, squeaky_toy)
