"""Made-up dogs that whine, howl and yelp. Each is `(rng, n) -> (n,) float32`, peak at most 1.

Kinds of call after Cohen and Fox (1976), the vocal tract of 10 to 22 cm after Riede and Fitch (1999). Whines of 0.1 to
2.5 s at 300 to 1,500 Hz come mostly through the nose; howls last 1 to 5 s, yelps less than half a second.
"""

from typing import Final

import numpy as np
import scipy.signal

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.recordings import Samples
from training.synthesis.synthetic_sounds import Sound
from training.synthesis.voices.confusers import one_after_another, samples_in
from training.synthesis.voices.source_filter import Curve, Larynx, Throat, arc, swell, waver

SHORTEST_CM, LONGEST_CM = 10.0, 22.0  # of the vocal tract


def _through_nose(rng: np.random.Generator, sound: Curve) -> Curve:
    """The sound with the mouth shut: a zero of the side branch between 400 and 2,500 Hz, and less treble."""
    radius, angle = rng.uniform(0.9, 0.98), 2 * np.pi * rng.uniform(400, 2500) / SAMPLE_RATE_HZ
    zero = np.array([1.0, -2 * radius * np.cos(angle), radius**2])
    dull = rng.uniform(0.0, 0.6)
    return np.asarray(scipy.signal.lfilter(zero / max(abs(zero.sum()), 0.05), [1.0, -dull], sound))


def _pant(rng: np.random.Generator, length_cm: float) -> Curve:
    """Panting of 0.4 to 2 s: breath out and in, three to six times a second, without a voice."""
    n, rate_hz = samples_in(rng.uniform(0.4, 2.0)), rng.uniform(3, 6)
    phase = 2 * np.pi * rate_hz * waver(rng, n, 0.03, 3) * np.arange(n) / SAMPLE_RATE_HZ
    breaths = np.clip(np.sin(phase), 0, None) + rng.uniform(0.2, 0.7) * np.clip(-np.sin(phase), 0, None)
    throat = Throat(length_cm * rng.uniform(0.6, 1.0), rng.uniform(0.8, 1.1), rng.uniform(200, 600))
    breath = throat.filtered(rng.standard_normal(n)) * breaths
    return np.asarray(breath / max(float(np.abs(breath).max()), 1e-9))


def _glide(rng: np.random.Generator, n: int, hz: float) -> Curve:
    """Pitch of a whine around `hz`: an arc, a fall, a rise, nearly level, or wandering; with a quiver or none."""
    span = rng.uniform(1.03, 1.9)
    match int(rng.integers(6)):
        case 0:
            pitch = arc(rng, n, hz, hz * span)
        case 1:
            pitch = np.geomspace(hz * span, hz, n)
        case 2:
            pitch = np.geomspace(hz, hz * span, n)
        case 3:
            pitch = np.full(n, hz) * waver(rng, n, 0.03, 3)
        case _:
            corners = hz * np.exp(rng.uniform(-0.45, 0.45, int(rng.integers(3, 6))))
            eased = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0, len(corners) - 1, n) % np.pi)
            at = np.minimum(np.linspace(0, len(corners) - 1, n), len(corners) - 1.001).astype(int)
            pitch = corners[at] + (corners[at + 1] - corners[at]) * eased
    quiver = rng.uniform(0.0, 0.05) if rng.uniform() < 0.4 else 0.0
    return np.asarray(pitch * (1 + quiver * np.sin(2 * np.pi * rng.uniform(6, 16) * np.arange(n) / SAMPLE_RATE_HZ)))


def dog_whine(rng: np.random.Generator, n: int) -> Samples:
    """A dog that begs or is left alone: whine after whine through the nose, some with panting between them."""
    length_cm, pants = rng.uniform(SHORTEST_CM, LONGEST_CM), rng.uniform()
    hz = np.exp(rng.uniform(*np.log([300, 1400])))
    throat = Throat(length_cm, rng.uniform(0.1, 0.8), rng.uniform(150, 450))
    larynx = Larynx(
        fall=rng.uniform(0.9, 2.4),
        jitter=rng.uniform(0.002, 0.02),
        subharmonic=rng.uniform(0.1, 0.5) if rng.uniform() < 0.15 else 0.0,
        breath=rng.uniform(0.02, 0.6),
    )
    shut, usual_s, sounds = rng.uniform() < 0.7, rng.uniform(0.2, 1.2), list[Curve]()
    for _ in range(1 + int(n / SAMPLE_RATE_HZ / (usual_s + 0.3))):
        size = samples_in(float(np.clip(usual_s * rng.lognormal(0, 0.4), 0.12, 2.5)))
        whine = throat.filtered(larynx.source(rng, _glide(rng, size, hz * rng.uniform(0.85, 1.2))))
        whine = (_through_nose(rng, whine) if shut else whine) * np.clip(waver(rng, size, 0.35, 6), 0.1, None)
        whine *= swell(size, rng.uniform(0.03, 0.25), rng.uniform(0.05, 0.4)) / max(float(np.abs(whine).max()), 1e-9)
        sounds.append(whine * rng.uniform(0.4, 1.0))
        if rng.uniform() < pants * 0.6:
            sounds.append(_pant(rng, length_cm) * rng.uniform(0.03, 0.4))
    return one_after_another(rng, n, sounds, (0.05, 0.7))


def dog_howl(rng: np.random.Generator, n: int) -> Samples:
    """A dog that howls: the pitch rises within half a second, stays with a slow waver, and falls."""
    howls, low_hz, top_hz = list[Curve](), rng.uniform(180, 450), np.exp(rng.uniform(*np.log([380, 1000])))
    throat = Throat(rng.uniform(12, LONGEST_CM), rng.uniform(0.3, 0.9), rng.uniform(100, 250))
    larynx = Larynx(fall=rng.uniform(1.0, 2.2), jitter=rng.uniform(0.002, 0.015), breath=rng.uniform(0.02, 0.3))
    for _ in range(1 + int(n / SAMPLE_RATE_HZ / 4)):
        seconds = rng.uniform(1.2, 5.0)
        size, rise_s, fall_s = samples_in(seconds), rng.uniform(0.15, 0.6), rng.uniform(0.2, 1.2)
        corners_s = np.array([0, rise_s, max(rise_s, seconds - fall_s), seconds])
        hz = np.array([min(low_hz, top_hz), top_hz, top_hz * rng.uniform(0.8, 1.1), top_hz * rng.uniform(0.5, 0.95)])
        pitch = np.interp(np.arange(size) / SAMPLE_RATE_HZ, corners_s, hz) * waver(rng, size, 0.02, rng.uniform(2, 6))
        howls.append(throat.filtered(larynx.source(rng, pitch)) * swell(size, 0.15, 0.5))
    return one_after_another(rng, n, howls, (0.3, 1.5))


def dog_yelp(rng: np.random.Generator, n: int) -> Samples:
    """A hurt or excited dog: one to eight short cries whose pitch falls."""
    throat = Throat(rng.uniform(SHORTEST_CM, 18), rng.uniform(0.7, 1.1), rng.uniform(100, 300))
    larynx = Larynx(fall=rng.uniform(0.6, 1.5), jitter=rng.uniform(0.002, 0.03), breath=rng.uniform(0.02, 0.4))
    hz, yelps = rng.uniform(500, 1500), list[Curve]()
    for _ in range(int(rng.integers(1, 9))):
        size = samples_in(rng.uniform(0.08, 0.35))
        pitch = arc(rng, size, hz * rng.uniform(0.6, 0.95), hz * rng.uniform(1.0, 1.5))
        yelps.append(throat.filtered(larynx.source(rng, pitch)) * swell(size, 0.015, 0.06) * rng.uniform(0.4, 1.0))
    return one_after_another(rng, n, yelps, (0.05, 0.6))


DOGS: Final[tuple[Sound, ...]] = (dog_whine, dog_whine, dog_howl, dog_yelp)  # whines are what the network fires at
