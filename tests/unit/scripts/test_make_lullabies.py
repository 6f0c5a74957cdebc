"""The shipped sounds are what scripts/make_lullabies.py makes, and are fit to be played to a baby."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.audio.a_weighting import a_weighted_dbfs
from babycryd.soothe.tracks import SHIPPED, list_tracks
from scripts.lullaby_sounds import level, songs
from scripts.lullaby_sounds.music_box import tine
from scripts.lullaby_sounds.songs import AU_CLAIR, BRAHMS, SCHLAF, STILL, TWINKLE, Song
from scripts.lullaby_sounds.voice import hummed
from scripts.make_lullabies import SOUNDS, make, write_ogg

NAMES = [track.name for track in list_tracks(None)]
MUSIC_BOXES = {
    "clair-de-la-lune": AU_CLAIR,
    "brahms-lullaby": BRAHMS,
    "schlaf-kindlein-schlaf": SCHLAF,
    "twinkle-twinkle": TWINKLE,
}
SOFT = (
    "brown-noise",
    "heartbeat",
    "hummed-lullaby",
    "sung-lullaby",
)  # too low to reach the common level without booming


@cache
def shipped(name: str) -> tuple[NDArray[np.float64], int]:
    samples, rate_hz = soundfile.read(SHIPPED / f"{name}.ogg")
    return samples, rate_hz


def power_db(samples: NDArray[np.float64], rate_hz: int, above_hz: float) -> float:
    """Power above a frequency, relative to the whole."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(10 * np.log10(power[int(above_hz * len(samples) / rate_hz) :].sum() / power.sum()))


def test_the_script_makes_what_is_shipped() -> None:
    assert sorted(SOUNDS) == NAMES
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 4_000_000


@pytest.mark.parametrize("name", ["heartbeat", "shushing"])
def test_made_again_it_is_the_same(name: str, tmp_path: Path) -> None:
    write_ogg(tmp_path / "again.ogg", make(name))
    decoded, rate_hz = soundfile.read(tmp_path / "again.ogg")
    samples, shipped_rate_hz = shipped(name)
    assert rate_hz == shipped_rate_hz
    assert len(decoded) == len(samples)
    assert np.abs(decoded - samples).max() < 0.01


@pytest.mark.parametrize("name", NAMES)
def test_levels(name: str) -> None:
    """Equally loud in dB(A); those that are too low for that are as loud as a small speaker bears."""
    samples, rate_hz = shipped(name)
    rms_dbfs, peak_dbfs = 20 * np.log10(np.std(samples)), 20 * np.log10(np.abs(samples).max())
    assert peak_dbfs <= -1
    assert rms_dbfs <= level.HIGHEST_RMS_DBFS + 0.3
    assert abs(samples.mean()) < 1e-3
    weighted_dbfs = a_weighted_dbfs(samples, rate_hz)
    if name in SOFT:
        assert weighted_dbfs < level.A_DBFS
        assert rms_dbfs > level.HIGHEST_RMS_DBFS - 0.3 or peak_dbfs > level.HIGHEST_PEAK_DBFS - 0.3
    else:
        assert weighted_dbfs == pytest.approx(level.A_DBFS, abs=0.5)


@pytest.mark.parametrize("name", NAMES)
def test_no_click_where_it_begins_again(name: str) -> None:
    """Neither a step nor a sudden change of level, measured against the sound's own."""
    samples, rate_hz = shipped(name)
    assert abs(samples[0] - samples[-1]) <= np.quantile(np.abs(np.diff(samples)), 0.999)
    around = np.concatenate([samples[-rate_hz // 100 :], samples[: rate_hz // 100]])
    assert np.abs(np.diff(around, 2)).max() <= np.quantile(np.abs(np.diff(samples, 2)), 0.9999)


@pytest.mark.parametrize("name", NAMES)
def test_no_harsh_highs(name: str) -> None:
    samples, rate_hz = shipped(name)
    assert power_db(samples, rate_hz, 8000.0) < (-14 if name == "pink-noise" else -19)


def test_the_heart_beats_once_a_second() -> None:
    samples, rate_hz = shipped("heartbeat")
    envelope = np.abs(samples[: 30 * rate_hz]).reshape(-1, rate_hz // 100).mean(axis=1)
    envelope -= envelope.mean()
    similar = np.correlate(envelope, envelope, "full")[len(envelope) - 1 :]
    assert 50 + np.argmax(similar[50:150]) == pytest.approx(100, abs=2)  # hundredths of a second


@pytest.mark.parametrize("song", [*MUSIC_BOXES.values(), STILL])
def test_every_bar_is_full(song: Song) -> None:
    beats = [sum(float(note.split(":")[1]) for note in bar) for bar in songs.bars(song.melody)]
    if songs.upbeat_beats(song):
        beats = [*beats[1:-1], beats[-1] + beats[0]]  # the upbeat completes the last bar
    assert set(beats) == {float(song.beats_a_bar)}
    if song.chords:
        assert all(len(chord) == song.beats_a_bar for chord in songs.bars(song.chords))
        assert len(beats) == len(songs.bars(song.chords))


def heard_share(name: str, song: Song, semitones: int, late_s: float) -> float:
    """Share of the notes whose pitch is the strongest where the melody lies, `late_s` after they begin.

    Of a note moved down, the octave may be the strongest.
    """
    samples, rate_hz = shipped(name)
    beat_s, notes = 60 / song.beats_a_minute, list(songs.melody_notes(song))
    lowest_hz, highest_hz = (2 ** (semitones / 12) * pick(each.pitch_hz for each in notes) for pick in (min, max))
    found = 0
    for note in notes:
        start = int((note.start_beat * beat_s + late_s) * rate_hz)
        piece = samples[start : start + int(0.25 * rate_hz)]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 4 * rate_hz))
        low = int(4 * 0.97 * lowest_hz)
        strongest_hz = (low + np.argmax(spectrum[low : int(4 * 1.06 * highest_hz)])) / 4
        ratio = strongest_hz / (note.pitch_hz * 2 ** (semitones / 12))
        found += ratio == pytest.approx(1, abs=0.02) or (semitones != 0 and ratio == pytest.approx(2, abs=0.04))
    return found / len(notes)


@pytest.mark.parametrize("name", MUSIC_BOXES)
def test_the_melody_of_a_music_box_can_be_heard(name: str) -> None:
    assert heard_share(name, MUSIC_BOXES[name], 0, 0.02) >= 0.9


@pytest.mark.parametrize(("name", "song", "semitones"), [("hummed-lullaby", STILL, 0), ("sung-lullaby", BRAHMS, -22)])
def test_the_melody_of_a_voice_can_be_heard(name: str, song: Song, semitones: int) -> None:
    assert heard_share(name, song, semitones, 0.12) >= 0.9


def test_hz() -> None:
    assert songs.hz("A4") == 440
    assert songs.hz("Eb5") == pytest.approx(622.25, abs=0.01)
    assert songs.hz("Bb3") == pytest.approx(233.08, abs=0.01)


def test_a_tine_is_plucked_and_dies_away() -> None:
    sound = tine(523.25, np.random.default_rng(1))
    loudness = np.abs(sound[: 4 * 44_100]).reshape(-1, 4410).max(axis=1)
    assert np.argmax(np.abs(sound)) < 0.02 * 44_100
    assert loudness[-1] < 0.02 * loudness[0]
    assert np.all(np.diff(loudness) < 0.01)


def test_a_voice_breathes_between_phrases() -> None:
    two_notes = Song(4, 60, "A3:2 A3:2", "")
    sound = hummed(two_notes, 4, np.random.default_rng(1))
    loudness = np.abs(sound).reshape(-1, 4410).max(axis=1)
    assert loudness[-2] < 0.2 * np.median(loudness)


def test_a_softer_sound_is_never_amplified_into_clipping() -> None:
    thumps = np.zeros(44_100)
    thumps[::11_025] = 0.1
    rumble = np.sin(2 * np.pi * 40 * np.arange(44_100) / 44_100)
    assert np.abs(level.levelled(thumps)).max() <= 10 ** (level.HIGHEST_PEAK_DBFS / 20) + 1e-9
    assert np.std(level.levelled(rumble)) <= 10 ** (level.HIGHEST_RMS_DBFS / 20) + 1e-9
