"""Tracks that can be played: names and paths only; nothing is opened or decoded here."""

import logging
from pathlib import Path

from babycryd.soothe.strategy import Track

logger = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "lullabies"  # made by scripts/make_lullabies.py
SUFFIXES = frozenset({".aif", ".aiff", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wv"})  # pygame-ce's mixer


def list_tracks(folder: str | Path | None) -> tuple[Track, ...]:
    """Return the sounds of `folder` by file name, or those shipped where it is None, missing or empty; at least one."""
    if folder is None:
        return _tracks_in(SHIPPED)
    try:
        tracks = _tracks_in(Path(folder).expanduser())
    except OSError as error:
        logger.warning("lullaby.folder %s cannot be read (%s); playing the shipped sounds", folder, error.strerror)
        return _tracks_in(SHIPPED)
    if not tracks:
        endings = " ".join(sorted(SUFFIXES))
        logger.warning("lullaby.folder %s has no sound files (%s); playing the shipped sounds", folder, endings)
        return _tracks_in(SHIPPED)
    return tracks


def _tracks_in(folder: Path) -> tuple[Track, ...]:
    files = sorted(path for path in folder.iterdir() if _is_sound(path))
    return tuple(Track(path.stem, path) for path in files)


def _is_sound(path: Path) -> bool:
    """Return whether a file is a sound, and not hidden: a Mac leaves `._song.mp3` beside each song it copies."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
