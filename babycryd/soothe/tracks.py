"""Tracks that can be played: names, paths and first bytes only; nothing is decoded here."""

import errno
import logging
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Final

from babycryd.core.printable import printable, printable_path
from babycryd.soothe.strategy import Track

logger = logging.getLogger(__name__)

SHIPPED: Final = Path(__file__).parent / "lullabies"  # made by scripts/make_lullabies.py
SUFFIXES: Final = frozenset(
    {".aif", ".aiff", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wv"}  # pygame-ce's mixer
    | {".3gp", ".aac", ".amr", ".m4a", ".mka", ".mp4", ".webm", ".wma"}  # sounds, too, but to be converted first
)
HEAD_BYTES: Final = 12  # what `is_sound` looks at
KINDS: Final = "WAV, AIFF, FLAC, Ogg, Opus, MP3 or WavPack"
_BEGINNINGS: Final = (
    b"OggS",
    b"fLaC",
    b"wvpk",
    b"ID3",
    b"\xff\xfb",
    b"\xff\xfa",
    b"\xff\xf3",
    b"\xff\xf2",
    b"\xff\xe3",
)
_FORMS: Final = {(b"RIFF", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC")}
_COMMANDS: Final = frozenset({"", "ON", "OFF"})  # on `lullaby/set` they name no track


def list_tracks(folder: str | Path | None) -> tuple[Track, ...]:
    """Return the sounds of `folder` by file name, or those shipped where it is None, missing or empty; at least one."""
    if folder is None:
        return shipped_tracks()
    try:
        tracks = own_tracks(folder)
    except OSError as error:
        told = printable_path(folder)
        logger.warning("lullaby.folder %s cannot be read (%s); playing the shipped sounds", told, error.strerror)
        return shipped_tracks()
    if not tracks:
        told = printable_path(folder)
        logger.warning("lullaby.folder %s has no sound files (%s); playing the shipped sounds", told, KINDS)
        return shipped_tracks()
    return tracks


def own_tracks(folder: str | Path) -> tuple[Track, ...]:
    """Return the sounds of `folder` by file name. Raises OSError where it cannot be read."""
    try:
        return _tracks_in(Path(folder).expanduser())
    except (RuntimeError, ValueError) as error:  # `~` of an unknown user; a zero byte
        raise FileNotFoundError(errno.ENOENT, f"{error}") from error


def shipped_tracks() -> tuple[Track, ...]:
    """Return the sounds that babycryd brings along."""
    return _tracks_in(SHIPPED)


def is_sound(head: bytes) -> bool:
    """Return whether a file that begins with these HEAD_BYTES is of KINDS."""
    return head.startswith(_BEGINNINGS) or (head[:4], head[8:12]) in _FORMS


def stuck_text(track: Track) -> str:
    """Return why a track on which the mixer crashes or hangs is not played."""
    return f"{printable_path(track.path)} cannot be played (its decoder crashes, or does not come to an end)"


def _tracks_in(folder: Path) -> tuple[Track, ...]:
    files = sorted(path for path in folder.iterdir() if _may_be_track(path))
    return with_names([(printable(path.stem).strip(), path) for path in files])


def with_names(wanted: Iterable[tuple[str, Path]]) -> tuple[Track, ...]:
    """Return tracks with these names and paths; a name that is taken gets a number."""
    names: dict[str, Path] = {}
    for name, path in wanted:
        names[_free_name(name, names)] = path
    return tuple(Track(name, path) for name, path in names.items())


def _free_name(name: str, taken: Container[str]) -> str:
    """Return a name by which this track alone can be asked for: the second `sea` is `sea (2)`, an `ON` is `ON (2)`."""
    number, found = 1, name
    while found in taken or found.upper() in _COMMANDS:
        number += 1
        found = f"{name} ({number})".strip()
    return found


def _may_be_track(path: Path) -> bool:
    """Return whether a file is called or begins as a sound, and is not hidden.

    A Mac leaves a hidden `._song.mp3` beside each song that it copies.
    """
    if path.name.startswith("."):
        return False
    try:
        return path.is_file() and (path.suffix.lower() in SUFFIXES or _begins_as_sound(path))
    except OSError:
        return False  # a broken sector hides one song, not the others


def _begins_as_sound(path: Path) -> bool:
    with path.open("rb") as file:
        return is_sound(file.read(HEAD_BYTES))
