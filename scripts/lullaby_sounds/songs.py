"""PURE. The songs: melodies and chords in the public domain, written as notes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SEMITONES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Song:
    """A melody and one chord a bar, in notes `name[b]octave:beats`, bars divided by `|`."""

    beats_a_bar: int
    beats_a_minute: float
    melody: str  # its first bar may be an upbeat
    chords: str  # one chord a full bar: its notes, bass first


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a song."""

    start_beat: float  # from the beginning of the sound
    beats: float
    pitch_hz: float
    strength: float  # 0..1


# Johannes Brahms, Wiegenlied op. 49 no. 4 (1868), in its own key.
BRAHMS: Final = Song(
    beats_a_bar=3,
    beats_a_minute=69,
    melody="""
        G5:.5 G5:.5 | Bb5:1.5 G5:.5 G5:1 | Bb5:2 G5:.5 Bb5:.5 | Eb6:1 D6:1.5 C6:.5 | C6:1 Bb5:1 F5:.5 G5:.5 |
        Ab5:1 F5:1 F5:.5 G5:.5 | Ab5:2 F5:.5 Ab5:.5 | D6:.5 C6:.5 Bb5:1 D6:1 | Eb6:2 Eb5:.5 Eb5:.5 |
        Eb6:2 C6:.5 Ab5:.5 | Bb5:2 G5:.5 Eb5:.5 | Ab5:1 Bb5:1 C6:1 | Bb5:2 Eb5:.5 Eb5:.5 |
        Eb6:2 C6:.5 Ab5:.5 | Bb5:2 G5:.5 Eb5:.5 | Ab5:1 G5:1 F5:1 | Eb5:2
    """,
    chords="""
        Eb3 G4 Bb4 | Eb3 G4 Bb4 | Eb3 G4 Bb4 | Eb3 G4 Bb4 | Bb3 F4 Ab4 | Bb3 F4 Ab4 | Bb3 F4 Ab4 | Eb3 G4 Bb4 |
        Ab3 Eb4 C5 | Eb3 G4 Bb4 | Bb3 F4 Ab4 | Eb3 G4 Bb4 | Ab3 Eb4 C5 | Eb3 G4 Bb4 | Bb3 F4 Ab4 | Eb3 G4 Bb4
    """,
)

# "Ah! vous dirai-je, maman" (France, before 1761): Twinkle, twinkle, little star.
TWINKLE: Final = Song(
    beats_a_bar=4,
    beats_a_minute=80,
    melody="""
        C5:1 C5:1 G5:1 G5:1 | A5:1 A5:1 G5:2 | F5:1 F5:1 E5:1 E5:1 | D5:1 D5:1 C5:2 |
        G5:1 G5:1 F5:1 F5:1 | E5:1 E5:1 D5:2 | G5:1 G5:1 F5:1 F5:1 | E5:1 E5:1 D5:2 |
        C5:1 C5:1 G5:1 G5:1 | A5:1 A5:1 G5:2 | F5:1 F5:1 E5:1 E5:1 | D5:1 D5:1 C5:2
    """,
    chords="""
        C4 G4 E4 G4 | F4 C5 C4 G4 | D4 G4 C4 G4 | G3 F4 C4 E4 | C4 G4 D4 G4 | C4 G4 G3 G4 |
        C4 G4 D4 G4 | C4 G4 G3 G4 | C4 G4 E4 G4 | F4 C5 C4 G4 | D4 G4 C4 G4 | G3 F4 C4 E4
    """,
)

# "Au clair de la lune" (France, 18th century).
AU_CLAIR: Final = Song(
    beats_a_bar=4,
    beats_a_minute=84,
    melody="""
        F5:1 F5:1 F5:1 G5:1 | A5:2 G5:2 | F5:1 A5:1 G5:1 G5:1 | F5:4 |
        F5:1 F5:1 F5:1 G5:1 | A5:2 G5:2 | F5:1 A5:1 G5:1 G5:1 | F5:4 |
        G5:1 G5:1 G5:1 G5:1 | D5:2 D5:2 | G5:1 F5:1 E5:1 D5:1 | C5:4 |
        F5:1 F5:1 F5:1 G5:1 | A5:2 G5:2 | F5:1 A5:1 G5:1 G5:1 | F5:4
    """,
    chords="""
        F3 C4 A4 C4 | F3 C4 C4 Bb4 | F3 C4 C4 Bb4 | F3 C4 A4 C4 |
        F3 C4 A4 C4 | F3 C4 C4 Bb4 | F3 C4 C4 Bb4 | F3 C4 A4 C4 |
        C4 G4 E4 G4 | D4 A4 F4 A4 | G3 D4 B3 G4 | C4 G4 E4 G4 | F3 C4 A4 C4 | F3 C4 C4 Bb4 | F3 C4 C4 Bb4 | F3 C4 A4 C4
    """,
)

_SCHLAF_MELODY: Final = """
    A5:1 G5:.5 G5:.5 | F5:1.5 C5:.5 | A5:.5 A5:.5 G5:.5 G5:.5 | F5:1.5 F5:.5 |
    Bb5:.5 Bb5:.5 G5:.5 G5:.5 | C6:.5 C6:.5 A5:.5 A5:.5 | Bb5:.5 Bb5:.5 G5:.5 G5:.5 | C6:.5 C6:.5 A5:1 |
    Bb5:1 G5:.5 G5:.5 | F5:2
"""
_SCHLAF_CHORDS: Final = "F3 C4 | F3 A4 | F3 C4 | F3 A4 | Bb3 C4 | F3 A4 | Bb3 C4 | F3 A4 | C4 Bb3 | F3 C4"
# Johann Friedrich Reichardt (1781) to words from Des Knaben Wunderhorn: "Schlaf, Kindlein, schlaf"; twice round.
SCHLAF: Final = Song(
    beats_a_bar=2,
    beats_a_minute=60,
    melody=f"{_SCHLAF_MELODY}|{_SCHLAF_MELODY}",
    chords=f"{_SCHLAF_CHORDS}|{_SCHLAF_CHORDS}",
)

# "Still, still, still" (Salzburg, 1819), in B flat for a low voice; the last bar leaves time to breathe.
STILL: Final = Song(
    beats_a_bar=4,
    beats_a_minute=66,
    melody="""
        F4:1 Bb4:1 D4:1 F4:1 | Bb3:3 Bb3:.5 D4:.5 | C4:1 C4:.5 Eb4:.5 A3:1 A3:.5 C4:.5 | Bb3:3 D4:1 |
        C4:1 C4:.5 D4:.5 Eb4:1 C4:1 | D4:1 D4:.5 Eb4:.5 F4:1 D4:1 | C4:1 C4:.5 D4:.5 Eb4:1 C4:1 |
        D4:1 D4:.5 Eb4:.5 F4:1 D4:1 | F4:1 Bb4:1 D4:1 F4:1 | Bb3:3 Bb3:.5 D4:.5 |
        C4:1 C4:.5 Eb4:.5 A3:1 A3:.5 C4:.5 | Bb3:4
    """,
    chords="",
)


def hz(name: str) -> float:
    """Return the pitch of a note, `Eb5` -> 622.25 Hz: equal temperament, A4 = 440 Hz."""
    letter, flat, octave = name[0], "b" in name[1:], int(name[-1])
    semitones_from_a4 = SEMITONES[letter] - flat - 9 + 12 * (octave - 4)
    return float(440.0 * 2 ** (semitones_from_a4 / 12))


def bars(text: str) -> list[list[str]]:
    """Return the notes of each bar."""
    return [bar.split() for bar in text.split("|")]


def melody_notes(song: Song) -> Iterator[Note]:
    """Yield the notes of the melody; the first of each bar is the strongest."""
    beat = 0.0
    for token in song.melody.replace("|", " ").split():
        name, beats = token.split(":")
        strength = 1.0 if beat % song.beats_a_bar == upbeat_beats(song) else 0.85
        yield Note(beat, float(beats), hz(name), strength)
        beat += float(beats)


def upbeat_beats(song: Song) -> float:
    """Return how many beats stand before the first full bar."""
    first = sum(float(token.split(":")[1]) for token in bars(song.melody)[0])
    return first % song.beats_a_bar


def accompaniment_notes(song: Song) -> Iterator[Note]:
    """Yield each chord broken into single notes, one a beat."""
    for bar, chord in enumerate(bars(song.chords)):
        for step, name in enumerate(chord):
            start_beat = upbeat_beats(song) + bar * song.beats_a_bar + step
            yield Note(start_beat, 1.0, hz(name), 0.34 if step == 0 else 0.22)


def song_beats(song: Song) -> float:
    """Return the length in beats; an upbeat completes the last bar, so that the song goes round."""
    return sum(note.beats for note in melody_notes(song))
