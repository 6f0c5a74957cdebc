"""Synthetic sounds: noises, machines, music boxes, alarms. Each is `(rng, n) -> (n,) float32`, peak at most 1.

No two of them are alike, so that the model cannot recognise a segment by its lullaby or its fan.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.recordings import Samples

Sound = Callable[[np.random.Generator, int], Samples]


def _peak_one(samples: NDArray[np.floating]) -> Samples:
    return (samples / max(float(np.abs(samples).max()), 1e-9)).astype(np.float32)


def _seconds(n: int) -> NDArray[np.float32]:
    return np.arange(n, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)


def _gains_db(rng: np.random.Generator, hz: NDArray[np.floating], sigma_db: float) -> NDArray[np.floating]:
    """A smooth random frequency response with a deviation of `sigma_db` at eight log-spaced points."""
    corners = np.geomspace(40.0, 8000.0, 8)
    return np.asarray(np.interp(np.log(hz), np.log(corners), rng.normal(0.0, sigma_db, len(corners))))


def coloured_noise(rng: np.random.Generator, n: int) -> Samples:
    """Noise falling 0 to 9 dB an octave (white, pink, brown and between), with a random response."""
    hz = np.maximum(scipy.fft.rfftfreq(n, 1 / SAMPLE_RATE_HZ), 20.0)
    gain = 10 ** (_gains_db(rng, hz, 5.0) / 20) * hz ** -rng.uniform(0.0, 1.5)
    spectrum = scipy.fft.rfft(rng.standard_normal(n, dtype=np.float32))
    return _peak_one(scipy.fft.irfft(spectrum * gain.astype(np.float32), n))


def _wobble(rng: np.random.Generator, n: int) -> Samples:
    """A periodic gain of 0.3 to 1, as of blades or gusts."""
    t = _seconds(n)
    depth, rate_hz = rng.uniform(0.0, 0.7), rng.choice([rng.uniform(0.1, 1.0), rng.uniform(2.0, 14.0)])
    wobble = 1 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * rate_hz * t + rng.uniform(0, 6.3)))
    return np.asarray(wobble, np.float32)


def hum(rng: np.random.Generator, n: int) -> Samples:
    """Mains or motor hum with its harmonics."""
    base_hz = rng.choice([50.0, 60.0, 100.0, 120.0, rng.uniform(40.0, 240.0)])
    t = _seconds(n)
    partials = [rng.uniform() / k * np.sin(2 * np.pi * base_hz * k * t) for k in range(1, int(rng.integers(2, 12)))]
    return _peak_one(np.sum(partials, axis=0))


def fan(rng: np.random.Generator, n: int) -> Samples:
    """A fan: noise that pulses with the blades, over a hum."""
    return _peak_one(coloured_noise(rng, n) * _wobble(rng, n) + rng.uniform(0, 0.4) * hum(rng, n))


def white_noise_machine(rng: np.random.Generator, n: int) -> Samples:
    """A white-noise machine for babies: nearly flat noise, in three of ten with slow waves."""
    noise = rng.standard_normal(n, dtype=np.float32)
    waves = _wobble(rng, n) if rng.uniform() < 0.3 else np.float32(1)
    return _peak_one(noise * waves + rng.uniform(0, 0.5) * np.std(noise) * coloured_noise(rng, n))


def humidifier(rng: np.random.Generator, n: int) -> Samples:
    """A humidifier: a hiss with bubbles."""
    bubbles, t = np.zeros(n, np.float32), _seconds(2400)
    for at in rng.integers(0, n, max(1, int(n / SAMPLE_RATE_HZ * rng.uniform(0.1, 2)))):
        hz = rng.uniform(200, 900)
        bubble = np.sin(2 * np.pi * (hz + rng.uniform(200, 2000) * t) * t) * np.exp(-t * 30)
        bubbles[at : at + len(bubble)] += bubble[: n - at]
    return _peak_one(coloured_noise(rng, n) + rng.uniform(0, 1) * bubbles)


def washing_machine(rng: np.random.Generator, n: int) -> Samples:
    """A washing machine: a drum that turns and pauses, over a motor."""
    t, turn_s = _seconds(n), rng.uniform(4, 20)
    running = (t % turn_s < 0.8 * turn_s).astype(np.float32)
    drum = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.5, 2.0) * t)
    return _peak_one(running * (coloured_noise(rng, n) * drum + 0.5 * hum(rng, n)) + 0.05 * coloured_noise(rng, n))


def steps(rng: np.random.Generator, n: int) -> Samples:
    """Steady noise whose level jumps, as when a machine is switched on."""
    edges = np.sort(rng.integers(0, n, int(rng.integers(1, 5))))
    levels = 10 ** (rng.uniform(-30, 0, len(edges) + 1) / 20)
    return _peak_one(coloured_noise(rng, n) * np.repeat(levels, np.diff([0, *edges, n])))


def heartbeat(rng: np.random.Generator, n: int) -> Samples:
    """A heartbeat toy: two thuds a beat over a rush."""
    t, beat_s = _seconds(n), rng.uniform(0.7, 1.2)
    phase = t % beat_s
    thuds = np.exp(-phase * 14) + 0.7 * np.exp(-np.abs(phase - 0.3 * beat_s) * 18)
    return _peak_one(thuds * np.sin(2 * np.pi * rng.uniform(40, 90) * t) + rng.uniform(0, 0.4) * coloured_noise(rng, n))


SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 7, 9), (0, 2, 3, 5, 7, 8, 10))
# Partials of a bell, a comb of a music box, a flute, a sine, a piano-like string.
TIMBRES: Final = ((1, 2.0, 3.01, 4.2, 5.4), (1, 2.76, 5.4, 8.93), (1, 2, 3), (1,), (1, 2, 3, 4, 5, 6, 7))


def _note(rng: np.random.Generator, hz: float, ratios: tuple[float, ...], decay_s: float) -> Samples:
    n = int(min(4 * decay_s, 3.0) * SAMPLE_RATE_HZ)
    t = _seconds(n)
    note = np.zeros(n, np.float32)
    for index, ratio in enumerate(ratio for ratio in ratios if ratio * hz < 7800):
        strength = rng.uniform(0.3, 1.0) / (1 + index)
        note += (
            np.float32(strength) * np.sin(np.float32(2 * np.pi * hz * ratio) * t) * np.exp(-t * (1 + index) / decay_s)
        )
    return np.asarray(note * np.minimum(1, t / rng.uniform(0.001, 0.05)), np.float32)


def music_box(rng: np.random.Generator, n: int) -> Samples:
    """A lullaby: a random melody of bell-like notes, with random tuning, tempo, timbre and decay."""
    scale, ratios = SCALES[rng.integers(len(SCALES))], TIMBRES[rng.integers(len(TIMBRES))]
    root_hz, decay_s, beat_s = rng.uniform(130, 700), rng.uniform(0.15, 1.5), rng.uniform(0.18, 0.9)
    keyboard = [_note(rng, root_hz * 2 ** (step / 12 + octave), ratios, decay_s) for octave in (0, 1) for step in scale]
    music, degree, at = np.zeros(n + 4 * SAMPLE_RATE_HZ, np.float32), int(rng.integers(len(keyboard))), 0
    while at < n:
        degree = int(np.clip(degree + rng.integers(-3, 4), 0, len(keyboard) - 1))
        note = keyboard[degree] * np.float32(rng.uniform(0.4, 1.0))
        music[at : at + len(note)] += note
        at += int(beat_s * rng.choice([0.5, 1, 1, 2]) * SAMPLE_RATE_HZ)
    return _peak_one(music[:n])


def tone(rng: np.random.Generator, n: int) -> Samples:
    """One steady pitch."""
    return np.asarray(np.sin(2 * np.pi * rng.uniform(100, 6000) * _seconds(n)), np.float32)


def beeps(rng: np.random.Generator, n: int) -> Samples:
    """Beeps of an alarm, a microwave or a phone: pulses that alternate between two pitches, some with harmonics."""
    t, period_s = _seconds(n), rng.uniform(0.12, 1.5)
    pulse = np.floor(t / period_s)
    hz = np.where(pulse % 2 == 0, rng.uniform(400, 4000), rng.uniform(400, 4000) if rng.uniform() < 0.5 else 1000.0)
    wave = np.sin(2 * np.pi * hz * t)
    wave = np.sign(wave) if rng.uniform() < 0.3 else wave
    return (wave * (t % period_s < rng.uniform(0.2, 0.9) * period_s)).astype(np.float32)


def _sing(rng: np.random.Generator, hz: NDArray[np.floating], harmonics: int) -> NDArray[np.floating]:
    """A voice that follows a pitch curve in Hz: harmonics that fall off at a random rate, none above 7.8 kHz."""
    phase, fall = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ, rng.uniform(0.5, 1.8)
    partials = [k**-fall * np.sin(k * phase) * (k * hz < 7800) for k in range(1, harmonics + 1)]
    return np.asarray(np.sum(partials, axis=0))


def siren(rng: np.random.Generator, n: int) -> Samples:
    """A pitch that sweeps up and down, as of sirens, alarms, slide whistles and toys."""
    t, low_hz = _seconds(n), rng.uniform(300, 1200)
    swing = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.08, 4.0) * t + rng.uniform(0, 6.3))
    return _peak_one(_sing(rng, low_hz * (1 + rng.uniform(0.2, 2.0) * swing), int(rng.integers(1, 8))))


def violin(rng: np.random.Generator, n: int) -> Samples:
    """A violin: held notes with many harmonics and vibrato, close to a cry in pitch."""
    t, note_s = _seconds(n), rng.uniform(0.25, 1.5)
    degrees = rng.integers(0, 20, int(n / SAMPLE_RATE_HZ / note_s) + 2)
    index = (t / note_s).astype(int)
    vibrato = 1 + rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
    bow = np.minimum(1, (t % note_s) / rng.uniform(0.02, 0.15))
    return _peak_one(_sing(rng, rng.uniform(190, 500) * 2 ** (degrees[index] / 12) * vibrato, 12) * bow)


def squeaks(rng: np.random.Generator, n: int) -> Samples:
    """Squeaks of rubber toys, hinges and swings: short gliding whistles at a steady rate."""
    t, period_s = _seconds(n), rng.uniform(0.15, 1.2)
    phase = (t % period_s) / period_s
    glide = 1 + rng.uniform(-0.5, 1.0) * phase
    voice = _sing(rng, rng.uniform(500, 2200) * glide, int(rng.integers(1, 6)))
    return _peak_one(voice * (phase < rng.uniform(0.2, 0.8)) * np.sin(np.pi * np.clip(phase * 1.3, 0, 1)))


def knocks(rng: np.random.Generator, n: int) -> Samples:
    """Clicks and knocks: short bursts of decaying noise at random times."""
    hits = np.zeros(n, np.float32)
    hits[rng.integers(0, n, max(1, int(n / SAMPLE_RATE_HZ * rng.uniform(0.3, 4))))] = 1
    body = coloured_noise(rng, 4000) * np.exp(-_seconds(4000) * rng.uniform(20, 300))
    return _peak_one(np.convolve(hits, body)[:n] if n < 8000 else scipy.signal.oaconvolve(hits, body)[:n])


BEDS: Final[tuple[Sound, ...]] = (coloured_noise, fan, white_noise_machine, humidifier, washing_machine, steps)
LULLABIES: Final[tuple[Sound, ...]] = (music_box, music_box, music_box, heartbeat)
DISTRACTORS: Final[tuple[Sound, ...]] = (tone, beeps, siren, violin, violin, knocks, squeaks, music_box)
