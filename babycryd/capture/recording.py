"""Recordings, read as fast as the CPU allows or played in real time as a source."""

import asyncio
import logging
import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from babycryd.audio.block import BLOCK, Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.audio.resampling import Channel, Converter
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import Chunk, RecordingEnded, RecordingError, SourceTraits
from babycryd.core.printable import printable

log = logging.getLogger(__name__)

CHUNK_SAMPLES = 1 << 16  # of all channels together: 256 KB of float32 however many channels there are
STREAMED_BYTES = 0x7FFF_0000  # a WAV written into a pipe announces this length or more
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 768_000  # any other rate means a damaged header


def duration_s(path: Path | str) -> float:
    """Return the length of a recording by its header. Raises RecordingError."""
    with _opened(Path(path)) as file:
        return float(file.frames / file.samplerate)


def read_recording(path: Path | str, channel: Channel = "mix") -> Iterator[Mono]:
    """Yield a recording as consecutive mono 16 kHz pieces of no fixed length; memory stays bounded.

    Raises RecordingError where there is nothing to read; in the middle, after the good part, where the decoder finds
    damage or a sample is not a number. A file that is only cut off, as by a power cut, is read to its end with a
    warning.
    """
    path = Path(path)
    with _opened(path) as file:
        converter = _converter(file, path, channel)
        for raw in _chunks(file, path):
            yield converter.convert(raw)
        yield converter.flush()
        if converter.taken_alone is not None:
            shown = printable(str(path))
            log.warning("%s: its channels cancel each other, channel %d was taken", shown, converter.taken_alone)


class RecordingSource:
    """Recording as a `Source`, in real time: each block comes when its last sample would have been heard."""

    traits = SourceTraits(live=False, can_be_muted=False, hears_speaker=False)
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self, settings: CaptureSettings) -> None:
        self.name = settings.file
        self._settings = settings
        self._blocks: Iterator[Mono] = iter(())
        self._due_s = 0.0  # monotonic time at which the waiting block has been heard
        self._waiting: Mono | None = None

    async def open(self) -> None:
        self._blocks = self._all_blocks()
        self._due_s = time.monotonic()
        self._waiting = None
        self._prepare()

    async def read(self, timeout_s: float) -> list[Chunk]:
        if self._waiting is None:
            raise RecordingEnded(self.name)
        wait_s = self._due_s - time.monotonic()
        await asyncio.sleep(min(max(0.0, wait_s), timeout_s))
        if wait_s > timeout_s:
            return []
        heard = Chunk(self._waiting)
        self._prepare()
        return [heard]

    async def close(self, limit_s: float) -> None:  # noqa: ARG002  # a file closes at once
        self._blocks = iter(())
        self._waiting = None

    def _prepare(self) -> None:
        self._waiting = next(self._blocks, None)
        if self._waiting is not None:
            # Deadlines follow each other exactly, so that late wake-ups do not add up.
            self._due_s += len(self._waiting) / SAMPLE_RATE_HZ

    def _all_blocks(self) -> Iterator[Mono]:
        for _ in count() if self._settings.loop else range(1):
            for piece in read_recording(self.name, self._settings.channel):
                yield from (piece[at : at + BLOCK] for at in range(0, len(piece), BLOCK))


def _opened(path: Path) -> Any:
    """Return the file as a soundfile.SoundFile with at least one frame. Raises RecordingError."""
    _check_readable(path)
    import soundfile  # a daemon with a microphone needs no files

    try:
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:  # TypeError: a headerless .raw
        raise RecordingError(
            f"{path}: not audio that can be read ({_reason(error)}): give a WAV, FLAC, OGG, MP3 or AIFF file"
        ) from error
    try:
        _check_header(file, path)
    except RecordingError:
        file.close()
        raise
    return file


def _check_readable(path: Path) -> None:
    if path.is_dir():
        raise RecordingError(f"{path}: is a folder: give the recordings inside of it")
    if path.exists() and not path.is_file():
        raise RecordingError(f"{path}: is not a regular file: give a recording")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot be opened ({error.strerror}): check the path and who may read it"
        ) from error
    if empty:
        raise RecordingError(f"{path}: is empty: record it again")


def _check_header(file: Any, path: Path) -> None:
    if not LOWEST_RATE_HZ <= file.samplerate <= HIGHEST_RATE_HZ:
        raise RecordingError(f"{path}: a sample rate of {file.samplerate} Hz: the header is damaged, record it again")
    if file.frames <= 0:
        raise RecordingError(f"{path}: has a header but no samples: record it again")


def _converter(file: Any, path: Path, channel: Channel) -> Converter:
    try:
        return Converter(file.samplerate, file.channels, channel)
    except ValueError as error:
        raise RecordingError(f"{path}: {error}") from error


def _chunks(file: Any, path: Path) -> Iterator[np.ndarray[Any, np.dtype[np.float32]]]:
    """Yield all frames as (n, channels) float32, finite."""
    size = max(1, CHUNK_SAMPLES // file.channels)
    done = 0
    while len(raw := _read_frames(file, path, size, done)):
        if not np.isfinite(raw).all():
            bad = int(np.argmin(np.isfinite(raw).all(axis=1)))
            yield raw[:bad]
            at_s = (done + bad) / file.samplerate
            raise RecordingError(f"{path}: not a number at {at_s:.3f} s: export it again as 16-bit WAV or FLAC")
        yield raw
        done += len(raw)
    if done < file.frames or _announced_more(file.extra_info):
        log.warning("%s: cut off after %.1f s, or still being written", path, done / file.samplerate)


def _announced_more(extra_info: str) -> bool:
    """Return whether a WAV header announces more than the file has: libsndfile corrects it and only logs it."""
    found = re.search(r"^data *: (\d+) \(should be", extra_info, re.MULTILINE)
    return found is not None and int(found[1]) < STREAMED_BYTES


def _read_frames(file: Any, path: Path, size: int, done: int) -> Any:
    import soundfile  # see _opened

    try:
        return file.read(size, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        at_s, whole_s = done / file.samplerate, file.frames / file.samplerate
        raise RecordingError(
            f"{path}: damaged at about {at_s:.1f} s of {whole_s:.1f} s ({_reason(error)}): what came before was read"
        ) from error


def _reason(error: Exception) -> str:
    """Return libsndfile's own words, without the path that soundfile puts before them."""
    return getattr(error, "error_string", str(error)).removeprefix("Error : ").rstrip(".")
