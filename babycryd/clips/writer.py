"""Writer of one clip: raw samples while the episode runs, so that a kill loses none, then FLAC. For a thread."""

import contextlib
import math
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.system.files import replacing

RATE_HZ: Final = 16_000
RAW, SOUND = ".pcm", ".flac"
ID: Final = r"\d{8}T\d{9}Z"  # nothing that could lead out of the folder
# Episode, lead-in in ms, and, once the clock was set, its step in ms
RAW_NAME: Final = re.compile(rf"({ID})-(\d{{1,9}})([+-]\d{{1,15}})?{re.escape(RAW)}")
_CHUNK: Final = 1 << 20  # samples encoded at once
_LEAD_IN: Final = "lead_in_s"
_STARTED: Final = "started_utc_s"


class ClipError(Exception):
    """Recording cannot go on; the text says why and what helps. The clip so far is good."""


class ClipWriter:
    """Writer of an open clip: `write`, then `finish`. Only the file's owner may read it. Raises OSError, ClipError."""

    def __init__(self, folder: Path, episode: str, lead_in_s: float, keep_free_mb: float) -> None:
        self._name = f"{episode}-{round(lead_in_s * 1000)}"
        self._path = folder / f"{self._name}{RAW}"
        self._keep_free_mb = keep_free_mb
        self._step_s = 0.0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_room()
        new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        self._file = os.open(self._path, new, 0o600)

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append samples, (n,) in [-1, 1]."""
        self._check_room()
        waiting = memoryview(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        while waiting:
            waiting = waiting[os.write(self._file, waiting) :]

    def move(self, step_s: float) -> None:
        """Note in the name of the recording that the clock was set, for `encode`."""
        self._step_s += step_s
        moved = self._path.with_name(f"{self._name}{round(self._step_s * 1000):+d}{RAW}")
        with contextlib.suppress(FileNotFoundError):  # it was deleted meanwhile
            self._path = self._path.rename(moved)

    def finish(self) -> None:
        """End the recording and make it a clip, unless it was deleted meanwhile."""
        os.close(self._file)
        with contextlib.suppress(FileNotFoundError):
            encode(self._path)

    def _check_room(self) -> None:
        free_mb = shutil.disk_usage(self._path.parent).free / 1e6
        if free_mb < self._keep_free_mb:
            raise ClipError(
                f"only {free_mb:.0f} MB are free where {self._path.parent} is; clips.keep_free_mb asks for "
                f"{self._keep_free_mb:g}: make room"
            )


def encode(raw: Path) -> None:
    """Replace a raw recording by FLAC, whole or not at all; delete an empty one. Raises OSError."""
    named = RAW_NAME.fullmatch(raw.name)
    if named is None:
        raise OSError(f"{raw} has no name that babycryd gave it")
    if raw.stat().st_size < 2:
        raw.unlink()
        return
    episode, lead_in_ms, step_ms = named[1], int(named[2]), int(named[3] or 0)
    started_utc_s = episode_utc_s(episode) + step_ms / 1000 if step_ms else None
    _write_flac(raw.with_name(episode + SOUND), _comment(lead_in_ms / 1000, started_utc_s), _samples(raw))
    raw.unlink(missing_ok=True)


def restamp(path: Path, step_s: float) -> None:
    """Write into a clip that its episode began `step_s` later, because the clock was set. Raises OSError."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as source:
            began_utc_s = started_utc_s(path.stem, source.comment)
            comment = _comment(lead_in_s(source.comment), began_utc_s + step_s)
            _write_flac(path, comment, source.blocks(_CHUNK, dtype="int16"))
    except soundfile.LibsndfileError as error:
        raise OSError(f"{path} cannot be read: {error}") from error


def _samples(raw: Path) -> Iterator[NDArray[np.int16]]:
    with raw.open("rb") as source:
        while chunk := source.read(2 * _CHUNK):
            yield np.frombuffer(chunk[: len(chunk) // 2 * 2], "<i2")


def _write_flac(path: Path, comment: str, pieces: Iterator[NDArray[np.int16]]) -> None:
    """Write a clip, whole or not at all. Raises OSError."""
    import soundfile  # not needed on most nights

    try:
        with (
            replacing(path, mode=0o600) as file,
            soundfile.SoundFile(
                file.fileno(), "w", RATE_HZ, 1, format="FLAC", subtype="PCM_16", closefd=False
            ) as target,
        ):
            target.comment = comment
            for piece in pieces:
                target.write(piece)
    except soundfile.LibsndfileError as error:
        raise OSError(f"{path} cannot be written: {error}") from error


def episode_utc_s(name: str) -> float:
    """Return when an episode began by the clock as it then was, from its id, with which `name` begins."""
    moment = datetime.strptime(name[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return moment.timestamp() + int(name[15:18]) / 1000


def lead_in_s(comment: str) -> float:
    """Return the length of a clip's sound from before its episode, from its comment; 0 where it is missing."""
    return _in(comment, _LEAD_IN) or 0.0


def started_utc_s(episode: str, comment: str) -> float:
    """Return when the episode of a clip began: the time in its comment, without one that of its id."""
    found = _in(comment, _STARTED)
    return episode_utc_s(episode) if found is None else found


def _comment(lead_in_s: float, started_utc_s: float | None) -> str:
    """Return the comment of a clip. `started_utc_s`: only where the id says another time, as the clock was set."""
    return f"{_LEAD_IN}={lead_in_s}" + ("" if started_utc_s is None else f" {_STARTED}={started_utc_s:.3f}")


def _in(comment: str, key: str) -> float | None:
    """Return a number from a comment, which may be any text; None where it is missing."""
    for word in comment.split():
        name, _, value = word.partition("=")
        with contextlib.suppress(ValueError):
            if name == key and math.isfinite(number := float(value)):
                return number
    return None
