"""PURE. A synthetic voice that hums or sings: harmonics of a breathy source, shaped by the resonances of the mouth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scripts.lullaby_sounds.ring import RATE_HZ, Random, Signal, low_pass, ring_length, room, shaped_noise
from scripts.lullaby_sounds.songs import Note, Song, melody_notes, song_beats

HIGHEST_HZ: Final = 4000.0  # of a harmonic
GLIDE_S: Final = 0.09  # from one pitch to the next
VIBRATO_HZ: Final = 4.6
VIBRATO: Final = 0.012  # of the pitch: a fifth of a semitone
VOWEL_S: Final = 0.14  # from one vowel to the next
EVENNESS: Final = 0.8  # 1: every note is equally loud
ONSET_S: Final = 0.09  # in which a note begins softly
BREATH_BEATS: Final = 0.35  # of silence after a note on which a phrase ends


@dataclass(frozen=True, slots=True)
class Resonance:
    """A resonance of mouth or nose."""

    frequency_hz: float
    width_hz: float
    gain: float


# A low woman's voice. Vowels after Peterson and Barney (1952), with wide resonances, which sound soft.
HUM: Final = (Resonance(280, 160, 1.0), Resonance(1000, 300, 0.10), Resonance(2200, 500, 0.03))
OO: Final = (Resonance(370, 140, 1.0), Resonance(900, 200, 0.30), Resonance(2600, 500, 0.03))
OH: Final = (Resonance(480, 150, 1.0), Resonance(920, 200, 0.40), Resonance(2650, 500, 0.04))
Vowel = tuple[Resonance, ...]


def hummed(song: Song, phrase_beats: float, rng: Random) -> Signal:
    """Return the song once round, hummed; a breath after each `phrase_beats`."""
    return _voice(song, (HUM,), 0, phrase_beats, rng)


def sung(song: Song, semitones: int, phrase_beats: float, rng: Random) -> Signal:
    """Return the song once round, sung on `oo` and `oh`, moved by `semitones`."""
    return _voice(song, (OO, OH), semitones, phrase_beats, rng)


def _voice(song: Song, vowels: Sequence[Vowel], semitones: int, phrase_beats: float, rng: Random) -> Signal:
    beat_s = 60 / song.beats_a_minute
    notes = list(melody_notes(song))
    length = ring_length(song_beats(song) * beat_s)
    pitch_hz = _pitch(notes, beat_s, length, rng) * 2 ** (semitones / 12)
    turns = [float(number % len(vowels)) for number in range(len(notes))]
    mouth = _smooth(_steps(notes, turns, beat_s, length), VOWEL_S)
    loudness = _loudness(notes, phrase_beats, beat_s, length)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    voice = np.zeros(length)
    for number in range(1, int(HIGHEST_HZ / pitch_hz.min()) + 1):
        harmonic_hz = number * pitch_hz
        source = number**-1.1 * np.clip((HIGHEST_HZ - harmonic_hz) / 800.0, 0.0, 1.0)
        voice += source * _through(vowels, mouth, harmonic_hz) * np.sin(number * phase + rng.uniform(0, 2 * np.pi))
    air = shaped_noise(length / RATE_HZ, lambda frequency_hz: low_pass(frequency_hz, 1500.0), rng)
    voice += 0.02 * np.std(voice) * air / np.std(air)
    return room(_even(voice) * loudness, rng)


def _even(voice: Signal) -> Signal:
    """Return the voice with less difference between notes on a resonance and beside it."""
    return np.asarray(voice / np.sqrt(_smooth(voice**2, 0.5)) ** EVENNESS)


def _through(vowels: Sequence[Vowel], mouth: Signal, frequency_hz: Signal) -> Signal:
    """Return the gain of the mouth at each moment; `mouth`: number of the vowel, between two while it changes."""
    gain = np.zeros(len(frequency_hz))
    for index, vowel in enumerate(vowels):
        share = np.clip(1 - np.abs(mouth - index), 0.0, 1.0)
        gain += share * sum(_resonance(each, frequency_hz) for each in vowel)
    return gain


def _resonance(resonance: Resonance, frequency_hz: Signal) -> Signal:
    ratio = frequency_hz / resonance.frequency_hz
    sharpness = resonance.frequency_hz / resonance.width_hz
    return np.asarray(resonance.gain / np.sqrt(1 + (sharpness * (ratio - 1 / ratio)) ** 2))


def _pitch(notes: Sequence[Note], beat_s: float, length: int, rng: Random) -> Signal:
    """Return the pitch in Hz of each sample: glides, a slow vibrato, and the drift of a living voice."""
    octaves = _smooth(_steps(notes, [float(np.log2(note.pitch_hz)) for note in notes], beat_s, length), GLIDE_S)
    turns = round(VIBRATO_HZ * length / RATE_HZ)
    vibrato = np.sin(2 * np.pi * turns * np.arange(length) / length)
    drift = shaped_noise(length / RATE_HZ, lambda frequency_hz: low_pass(frequency_hz, 1.2, 8), rng)
    return np.asarray(2.0**octaves * (1 + VIBRATO * vibrato + 0.003 * drift / np.std(drift)))


def _loudness(notes: Sequence[Note], phrase_beats: float, beat_s: float, length: int) -> Signal:
    """Return the amplitude of each sample: 0 while breathing, a little less where a note begins."""
    level = np.zeros(length)
    for note in notes:
        begin, end = (round(beat * beat_s * RATE_HZ) for beat in (note.start_beat, note.start_beat + note.beats))
        level[begin:end] = note.strength
        starts_phrase = note.start_beat % phrase_beats == 0
        level[begin : begin + int(ONSET_S * RATE_HZ)] *= 0.0 if starts_phrase else 0.55
        if (note.start_beat + note.beats) % phrase_beats == 0:
            level[end - int(BREATH_BEATS * beat_s * RATE_HZ) : end] = 0.0
    return _smooth(level, 0.16)


def _steps(notes: Sequence[Note], values: Sequence[float], beat_s: float, length: int) -> Signal:
    """Return the value of the note that sounds at each sample."""
    stepped = np.zeros(length)
    for note, value in zip(notes, values, strict=True):
        stepped[round(note.start_beat * beat_s * RATE_HZ) :] = value
    return stepped


def _smooth(stepped: Signal, over_s: float) -> Signal:
    """Return a ring whose steps take `over_s`, in the shape of a raised cosine."""
    window = np.hanning(int(over_s * RATE_HZ))
    kernel = np.zeros(len(stepped))
    kernel[: len(window)] = window / window.sum()
    kernel = np.roll(kernel, -(len(window) // 2))
    return np.fft.irfft(np.fft.rfft(stepped) * np.fft.rfft(kernel), len(stepped))
