"""Writer of one clip: raw samples while the episode runs, so that a kill loses none, then FLAC. For a thread."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.system.files import replacing

RATE_HZ: Final = 16_000
RAW, SOUND = ".pcm", ".flac"
_CHUNK: Final = 1 << 20  # samples encoded at once
_LEAD_IN: Final = "lead_in_s="


class ClipError(Exception):
    """Recording cannot go on; the text says why and what helps. The clip so far is good."""


class ClipWriter:
    """Writer of an open clip: `write`, then `finish`. Only the file's owner may read it. Raises OSError, ClipError."""

    def __init__(self, folder: Path, episode: str, lead_in_s: float, keep_free_mb: float) -> None:
        self._path = folder / f"{episode}-{round(lead_in_s * 1000)}{RAW}"
        self._keep_free_mb = keep_free_mb
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_room()
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append samples, (n,) in [-1, 1]."""
        self._check_room()
        waiting = memoryview(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        while waiting:
            waiting = waiting[os.write(self._file, waiting) :]

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
    import soundfile  # not needed on most nights

    episode, lead_in_ms = raw.stem.rsplit("-", 1)
    if raw.stat().st_size < 2:
        raw.unlink()
        return
    path = raw.with_name(episode + SOUND)
    try:
        with (
            replacing(path, mode=0o600) as file,
            raw.open("rb") as source,
            soundfile.SoundFile(
                file.fileno(), "w", RATE_HZ, 1, format="FLAC", subtype="PCM_16", closefd=False
            ) as target,
        ):
            target.comment = f"{_LEAD_IN}{int(lead_in_ms) / 1000}"
            while chunk := source.read(2 * _CHUNK):
                target.write(np.frombuffer(chunk[: len(chunk) // 2 * 2], "<i2"))
    except soundfile.LibsndfileError as error:
        raise OSError(f"{path} cannot be written: {error}") from error
    raw.unlink(missing_ok=True)


def lead_in_s(comment: str) -> float:
    """Return the length of a clip's sound from before its episode, from its comment; 0 where it is missing."""
    with contextlib.suppress(ValueError):
        if comment.startswith(_LEAD_IN):
            return float(comment.removeprefix(_LEAD_IN))
    return 0.0
