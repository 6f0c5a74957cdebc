"""Made-up cries: babies without end, each with a throat, a larynx and a melody of its own, and their spans of crying.

Ranges of pitch, melody and modes after Wasz-Hoeckert et al. (1968) and Lester and Boukydis (1985): phonation at 250 to
700 Hz, hyperphonation from 1 to 2 kHz, noise (dysphonation), expirations of 0.3 to 2.5 s with an inspiration between.
"""

from dataclasses import dataclass

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.recordings import Samples
from training.data.reviews import Span
from training.synthesis.augment import at_peak, place
from training.synthesis.voices.source_filter import Curve, Larynx, Throat, arc, swell, waver


@dataclass(frozen=True, slots=True)
class MadeUpCry:
    """Sound of a made-up baby with its ground truth."""

    samples: Samples  # (n,) peak 1
    spans_s: tuple[Span, ...]  # of the expirations that cry


@dataclass(frozen=True, slots=True)
class Baby:
    """Voice and habits of a made-up baby."""

    throat: Throat
    larynx: Larynx
    pitch_hz: float  # at which its expirations begin
    rise: float  # of the pitch within an expiration, as a share
    expiration_s: float  # mean
    tremolo_hz: float  # of the loudness; 0: none
    pulsed_share: float  # of expirations that come in pulses, as sobs do
    shrill_share: float  # of expirations in hyperphonation
    whoop_share: float  # of inspirations that sound

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Baby":
        """Draw a baby: one in four is hoarse, one in four has a tremolo, one in three sobs in pulses."""
        hoarse = rng.uniform() < 0.25
        return cls(
            throat=Throat(rng.uniform(7, 11), rng.uniform(0.6, 1.1), rng.uniform(80, 260)),
            larynx=Larynx(
                fall=rng.uniform(0.4, 1.4),
                jitter=rng.uniform(0.02, 0.08) if hoarse else rng.uniform(0.004, 0.02),
                subharmonic=rng.uniform(0.2, 0.9) if rng.uniform() < 0.3 else 0.0,
                breath=rng.uniform(0.4, 2.0) if hoarse else rng.uniform(0.05, 0.3),
            ),
            pitch_hz=rng.uniform(250, 620),
            rise=rng.uniform(0.1, 0.6),
            expiration_s=rng.uniform(0.4, 1.8),
            tremolo_hz=rng.uniform(5, 12) if rng.uniform() < 0.25 else 0.0,
            pulsed_share=rng.uniform(0.2, 0.9) if rng.uniform() < 0.33 else 0.0,
            shrill_share=rng.uniform(0.05, 0.5) if rng.uniform() < 0.3 else 0.0,
            whoop_share=rng.uniform(0.0, 1.0),
        )


def _pulses(rng: np.random.Generator, n: int) -> Curve:
    """Loudness 0..1 of sobbing: bursts of 40 to 90 ms, four to nine a second, the first ones softer."""
    t, rate_hz = np.arange(n) / SAMPLE_RATE_HZ, rng.uniform(4, 9)
    beat = 0.5 + 0.5 * np.cos(2 * np.pi * rate_hz * t + rng.uniform(0, 6.3))
    return np.asarray(np.clip(1.6 * beat - 0.6, 0, 1) * np.linspace(rng.uniform(0.3, 1.0), 1.0, n))


def expiration(rng: np.random.Generator, baby: Baby, n: int) -> Curve:
    """One cry of `n` samples, peak 1."""
    shrill = rng.uniform() < baby.shrill_share
    low_hz = rng.uniform(900, 1700) if shrill else baby.pitch_hz * rng.uniform(0.9, 1.1)
    pitch_hz = arc(rng, n, low_hz, low_hz * (1 + baby.rise * rng.uniform(0.3, 1.3)))
    sound = baby.throat.filtered(baby.larynx.source(rng, pitch_hz * waver(rng, n, 0.02, rng.uniform(5, 12))))
    loudness = swell(n, rng.uniform(0.02, 0.12), rng.uniform(0.05, 0.35))
    if baby.tremolo_hz:
        loudness = loudness * (0.7 + 0.3 * np.cos(2 * np.pi * baby.tremolo_hz * np.arange(n) / SAMPLE_RATE_HZ))
    if rng.uniform() < baby.pulsed_share:
        loudness = loudness * _pulses(rng, n)
    return np.asarray(at_peak(sound * loudness, 0), np.float64)


def inspiration(rng: np.random.Generator, baby: Baby, n: int) -> Curve:
    """One whoop of `n` samples, peak 1: breath with a rising pitch."""
    high_hz = baby.pitch_hz * rng.uniform(1.2, 2.2)
    larynx = Larynx(fall=1.0, jitter=0.04, breath=rng.uniform(0.8, 3.0))
    source = larynx.source(rng, np.linspace(baby.pitch_hz, high_hz, n))
    return np.asarray(at_peak(baby.throat.filtered(source) * swell(n, 0.04, 0.05), 0), np.float64)


def made_up_cry(rng: np.random.Generator, n: int, baby: Baby | None = None) -> MadeUpCry:
    """`n` samples of a baby (a drawn one if None): expirations, some of them followed by a whoop."""
    baby = baby or Baby.draw(rng)
    track, spans, at = np.zeros(n), list[Span](), int(rng.uniform(0, 0.3) * SAMPLE_RATE_HZ)
    while at < n:
        length = int(np.clip(baby.expiration_s * rng.lognormal(0, 0.35), 0.25, 3.0) * SAMPLE_RATE_HZ)
        place(track, expiration(rng, baby, length) * rng.uniform(0.4, 1.0), at)
        spans.append((at / SAMPLE_RATE_HZ, min(at + length, n) / SAMPLE_RATE_HZ))
        breath = int(rng.uniform(0.12, 0.4) * SAMPLE_RATE_HZ)
        if rng.uniform() < baby.whoop_share:
            place(track, inspiration(rng, baby, breath) * rng.uniform(0.05, 0.4), at + length)
        at += length + breath + int(rng.exponential(0.12) * SAMPLE_RATE_HZ)
    return MadeUpCry(at_peak(track, 0), tuple(spans))
