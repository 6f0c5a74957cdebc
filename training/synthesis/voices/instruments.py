"""Instruments: phrases of violins, recorders and others that are taken for cries, played by the program fluidsynth.

    python -m training.synthesis.voices.instruments     plays 300 phrases into training/work/instruments (5 minutes)

Debian has the program and its samples: `apt-get install fluidsynth fluid-soundfont-gm` (FluidR3, MIT).
"""

import argparse
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from tqdm import tqdm

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.paths import INSTRUMENTS
from training.data.recordings import Samples
from training.synthesis.augment import at_peak

SEED: Final = 61
SOUNDFONT: Final = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
# Programs of General MIDI, from 0 on.
PROGRAMS: Final = {
    "violin": 40,
    "viola": 41,
    "fiddle": 110,
    "recorder": 74,
    "flute": 73,
    "ocarina": 79,
    "harmonica": 22,
    "oboe": 68,
    "clarinet": 71,
    "saxophone": 64,
    "voice": 53,
    "accordion": 21,
}
TICKS_A_SECOND: Final = 960  # 480 a quarter at 120 quarters a minute
BEND_SEMITONES: Final = 12  # of the full bend, set by a message at the start
PLAYED_HZ: Final = 32_000


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a phrase."""

    at_s: float
    duration_s: float
    key: int  # of MIDI: 69 is 440 Hz
    loudness: int  # 1..127
    glide: float  # semitones by which its pitch has moved at its end, within BEND_SEMITONES
    vibrato: int  # 0..127


def _variable_length(value: int) -> bytes:
    """MIDI's variable-length number: seven bits a byte, the highest first."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))


def _events(note: Note) -> list[tuple[float, bytes]]:
    """Messages of a note with their times in seconds: vibrato, the glide in 20 steps, note on and off."""
    end_s = note.at_s + note.duration_s
    found = [(note.at_s, bytes([0xB0, 1, note.vibrato]))]
    for step in range(21):
        bend = 8192 + int(8191 * note.glide / BEND_SEMITONES * step / 20)
        found.append((note.at_s + note.duration_s * step / 20, bytes([0xE0, bend & 0x7F, bend >> 7])))
    found.insert(2, (note.at_s, bytes([0x90, note.key, note.loudness])))
    return [*found, (end_s, bytes([0x80, note.key, 0]))]


def midi_file(program: int, notes: Sequence[Note]) -> bytes:
    """A MIDI file of one track: `program` of General MIDI plays the notes."""
    bend_range = [bytes([0xB0, number, value]) for number, value in ((101, 0), (100, 0), (6, BEND_SEMITONES))]
    events = [(0.0, message) for message in (bytes([0xC0, program]), *bend_range)]
    events += sorted((event for note in notes for event in _events(note)), key=lambda event: event[0])
    track, last = b"", 0
    for at_s, message in events:
        tick = round(at_s * TICKS_A_SECOND)
        track += _variable_length(tick - last) + message
        last = tick
    track += bytes([0, 0xFF, 0x2F, 0])
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track


def phrase(rng: np.random.Generator) -> list[Note]:
    """Two to eight notes between 220 and 1,050 Hz; one in three glides like a cry."""
    notes, at_s, key = list[Note](), 0.0, int(rng.integers(60, 82))
    for _ in range(int(rng.integers(2, 9))):
        duration_s, glides = rng.uniform(0.2, 1.4), rng.uniform() < 0.33
        glide = rng.uniform(-7, 4) if glides else 0.0
        notes.append(
            Note(at_s, duration_s, key, int(rng.integers(50, 120)), glide, int(rng.integers(0, 127)) * int(not glides))
        )
        at_s += duration_s + (rng.uniform(0.05, 0.6) if rng.uniform() < 0.4 else 0.0)
        key = int(np.clip(key + rng.integers(-5, 6), 57, 84))
    return notes


def play(midi: bytes, soundfont: Path = SOUNDFONT) -> Samples:
    """The file as 16 kHz mono with a peak of 1. Raises FileNotFoundError without the program or its samples."""
    program = shutil.which("fluidsynth")
    if program is None or not soundfont.exists():
        raise FileNotFoundError("no fluidsynth: apt-get install fluidsynth fluid-soundfont-gm")
    with tempfile.TemporaryDirectory() as folder:
        song, sound = Path(folder) / "song.mid", Path(folder) / "song.wav"
        song.write_bytes(midi)
        quiet = ["-q", "-n", "-i", "-R", "0", "-C", "0", "-r", str(PLAYED_HZ), "-T", "wav", "-F", str(sound)]
        subprocess.run([program, *quiet, str(soundfont), str(song)], check=True, capture_output=True)  # noqa: S603
        played, rate_hz = soundfile.read(sound, dtype="float32", always_2d=True)
    return at_peak(soxr.resample(played.mean(axis=1), rate_hz, SAMPLE_RATE_HZ), 0)


@cache
def load_phrases() -> list[Samples]:
    """Phrases that were played; empty until the command has run."""
    return [soundfile.read(path, dtype="float32")[0] for path in sorted(INSTRUMENTS.glob("*.flac"))]


def main() -> None:
    """Play the missing phrases; phrase i is the same on every run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="number of phrases in all")
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT, help="samples in the SF2 format")
    options = parser.parse_args()
    INSTRUMENTS.mkdir(parents=True, exist_ok=True)
    names = list(PROGRAMS)
    for index in tqdm(range(options.count), unit="phrase"):
        name = names[index % len(names)]
        path = INSTRUMENTS / f"{index:04}-{name}.flac"
        if not path.exists():
            midi = midi_file(PROGRAMS[name], phrase(np.random.default_rng([SEED, index])))
            soundfile.write(path, play(midi, options.soundfont) * 0.9, SAMPLE_RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
