"""PURE. Noises: pink, brown, rain, and the shushing of a parent."""

from typing import Final

import numpy as np

from scripts.lullaby_sounds.ring import (
    RATE_HZ,
    Random,
    Signal,
    add_round,
    high_pass,
    low_pass,
    seconds_of,
    shaped,
    shaped_noise,
    with_edges,
)

SHUSH_S: Final = 1.6  # from one shush to the next: a slow breath


def pink_noise(rng: Random) -> Signal:
    """Return noise with equal power in each octave from 60 Hz, softened above 8 kHz; 36 s."""

    def shape(frequency_hz: Signal) -> Signal:
        return high_pass(frequency_hz, 60.0) * low_pass(frequency_hz, 8000.0) / np.sqrt(frequency_hz)

    return shaped_noise(36.0, shape, rng)


def brown_noise(rng: Random) -> Signal:
    """Return noise that falls by 6 dB an octave from 100 Hz on, as a distant waterfall; 36 s."""

    def shape(frequency_hz: Signal) -> Signal:
        return high_pass(frequency_hz, 100.0, 6) * low_pass(frequency_hz, 4000.0) / frequency_hz

    return shaped_noise(36.0, shape, rng)


def rain(rng: Random) -> Signal:
    """Return steady rain on leaves: a soft hiss that swells a little, and single drops; 40 s."""
    seconds = 40.0
    hiss = shaped_noise(seconds, _hiss, rng)
    swell = shaped_noise(seconds, lambda frequency_hz: low_pass(frequency_hz, 0.15, 8), rng)
    hiss *= (1 + 0.12 * swell / np.std(swell)) / np.std(hiss)
    drops = np.zeros(len(hiss))
    for start in rng.integers(len(hiss), size=int(30 * seconds)):
        add_round(drops, int(start), rng.exponential(0.5) * _drop(rng))
    return np.asarray(hiss + shaped(drops, lambda frequency_hz: low_pass(frequency_hz, 4500.0)))


def _hiss(frequency_hz: Signal) -> Signal:
    return np.asarray(high_pass(frequency_hz, 250.0) * low_pass(frequency_hz, 3500.0) / frequency_hz**0.25)


def _drop(rng: Random) -> Signal:
    """Return one drop: the short ring of the bubble that it makes, 20 to 60 ms."""
    time_s = seconds_of(int(0.08 * RATE_HZ))
    pitch_hz = rng.uniform(900.0, 2600.0) * (1 + 2.0 * time_s)
    return with_edges(
        np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ) * np.exp(-time_s / rng.uniform(0.004, 0.012)), 0.002, 0.02
    )


def shushing(rng: Random) -> Signal:
    """Return a slow `shhh`, SHUSH_S from one to the next, each a little different; 24 of them."""
    shushes = 24
    ring = np.zeros(round(shushes * SHUSH_S * RATE_HZ))
    for number in range(shushes):
        late_s = rng.uniform(0.0, 0.08)
        add_round(ring, int((number * SHUSH_S + late_s) * RATE_HZ), rng.uniform(0.85, 1.0) * _shush(rng))
    breath = shaped_noise(shushes * SHUSH_S, _hiss, rng)
    return np.asarray(
        ring + 0.12 * np.std(ring) * breath / np.std(breath)
    )  # never quite silent, so that no shush startles


def _shush(rng: Random) -> Signal:
    """Return one `shhh` of 1.3 s: noise about 1.5 to 3 kHz that comes and goes softly."""
    centre_hz = rng.uniform(1700.0, 2000.0)

    def shape(frequency_hz: Signal) -> Signal:
        octaves = np.log2(frequency_hz / centre_hz)
        return np.asarray(np.exp(-0.5 * (octaves / 0.75) ** 2) * low_pass(frequency_hz, 4500.0, 8))

    noise = shaped_noise(1.3, shape, rng)
    time_s = seconds_of(len(noise))
    rise, fall = np.minimum(1.0, time_s / 0.35), np.minimum(1.0, (1.3 - time_s) / 0.75)
    return np.asarray(noise / np.std(noise) * np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2)
