"""The shipped sounds are what scripts/make_lullabies.py makes, and are fit to be played to a baby."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from babycryd.soothe.tracks import SHIPPED, list_tracks

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_lullabies.py"
NAMES = [track.name for track in list_tracks(None)]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """What the script defines."""
    return runpy.run_path(str(SCRIPT))


def shipped(name: str) -> tuple[NDArray[np.float64], int]:
    samples, rate_hz = soundfile.read(SHIPPED / f"{name}.ogg")
    return samples, rate_hz


def test_the_script_makes_what_is_shipped(made: dict[str, Any]) -> None:
    assert sorted(made["SOUNDS"]) == NAMES
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 2_000_000


@pytest.mark.parametrize("name", ["heartbeat", "pink-noise"])
def test_made_again_it_is_the_same(name: str, made: dict[str, Any], tmp_path: Path) -> None:
    again = made["levelled"](made["SOUNDS"][name](np.random.default_rng(made["SEED"])))
    made["write_ogg"](tmp_path / "again.ogg", again)
    decoded, rate_hz = soundfile.read(tmp_path / "again.ogg")
    samples, shipped_rate_hz = shipped(name)
    assert rate_hz == shipped_rate_hz
    assert len(decoded) == len(samples)
    assert np.abs(decoded - samples).max() < 0.01


@pytest.mark.parametrize("name", NAMES)
def test_levels(name: str, made: dict[str, Any]) -> None:
    samples, _ = shipped(name)
    assert 20 * np.log10(np.abs(samples).max()) <= -1
    assert 20 * np.log10(np.std(samples)) == pytest.approx(made["RMS_DBFS"], abs=0.3)
    assert abs(samples.mean()) < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_no_click_where_it_begins_again(name: str) -> None:
    """Neither a step nor a sudden change of level, measured against the sound's own."""
    samples, rate_hz = shipped(name)
    assert abs(samples[0] - samples[-1]) <= np.quantile(np.abs(np.diff(samples)), 0.999)
    around = np.concatenate([samples[-rate_hz // 100 :], samples[: rate_hz // 100]])
    assert np.abs(np.diff(around, 2)).max() <= np.quantile(np.abs(np.diff(samples, 2)), 0.9999)


@pytest.mark.parametrize("song", ["BRAHMS", "TWINKLE"])
def test_every_bar_is_full(song: str, made: dict[str, Any]) -> None:
    one = made[song]
    beats = [sum(float(note.split(":")[1]) for note in bar) for bar in made["bars"](one.melody)]
    if made["upbeat_beats"](one):
        beats = [*beats[1:-1], beats[-1] + beats[0]]  # the upbeat completes the last bar
    assert set(beats) == {float(one.beats_a_bar)}
    assert all(len(chord) == one.beats_a_bar for chord in made["bars"](one.chords))
    assert len(beats) == len(made["bars"](one.chords))


@pytest.mark.parametrize(("name", "song"), [("brahms-lullaby", "BRAHMS"), ("twinkle-twinkle", "TWINKLE")])
def test_the_melody_can_be_heard(name: str, song: str, made: dict[str, Any]) -> None:
    """After each note's stroke its pitch is among the strongest of the octaves where the melody lies."""
    samples, rate_hz = shipped(name)
    beat_s = 60 / made[song].beats_a_minute
    notes = list(made["melody_notes"](made[song]))
    found = 0
    for note in notes:
        start = int((note.start_beat * beat_s + 0.02) * rate_hz)
        piece = samples[start : start + int(0.3 * rate_hz)]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 4 * rate_hz))
        low = int(4 * 0.97 * min(each.pitch_hz for each in notes))
        strongest_hz = (low + np.argmax(spectrum[low : 4 * 1400])) / 4
        found += abs(strongest_hz - note.pitch_hz) < 0.02 * note.pitch_hz
    assert found >= 0.9 * len(notes)


def test_hz(made: dict[str, Any]) -> None:
    assert made["hz"]("A4") == 440
    assert made["hz"]("Eb5") == pytest.approx(622.25, abs=0.01)
    assert made["hz"]("Bb3") == pytest.approx(233.08, abs=0.01)


def test_a_tine_is_plucked_and_dies_away(made: dict[str, Any]) -> None:
    sound = made["tine"](523.25, np.random.default_rng(1))
    level = np.abs(sound[: 4 * 44_100]).reshape(-1, 4410).max(axis=1)
    assert np.argmax(np.abs(sound)) < 0.02 * 44_100
    assert level[-1] < 0.02 * level[0]
    assert np.all(np.diff(level) < 0.01)
