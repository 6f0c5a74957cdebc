"""Recordings, read as fast as the CPU allows or played in real time as a source."""

import asyncio
import logging
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from babycryd.audio.block import BLOCK, Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.audio.resampling import Channel, Converter
from babycryd.capture import ffmpeg
from babycryd.capture.recording_file import Frames, Part, SoundFile, UnreadError, opened
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import Chunk, RecordingEnded, RecordingError, SourceTraits
from babycryd.core.printable import printable_path

log = logging.getLogger(__name__)


def duration_s(path: Path | str) -> float | None:
    """Return the length of a recording by its header; None where only decoding tells. Raises RecordingError."""
    path = Path(path)
    with opened(path) as file:
        try:
            sound = SoundFile(path, file)
        except UnreadError as error:
            _check_decodable(path, file, error)
            return None
        length_s = sound.duration_s
        sound.close()
        return length_s


def read_recording(path: Path | str, channel: Channel = "mix") -> Iterator[Mono]:
    """Yield a recording as consecutive mono 16 kHz pieces of no fixed length; memory stays bounded.

    Raises RecordingError where there is nothing to read; in the middle, after the good part, where the decoder finds
    damage or a sample is not a number. A file that is only cut off, as by a power cut, is read to its end with a
    warning, and so is one whose header tells of less than the file holds.
    """
    path = Path(path)
    converter: Converter | None = None
    for rate_hz, frames in _frames(path):
        if converter is None:
            converter = _converter(rate_hz, frames.shape[1], path, channel)
        yield converter.convert(frames)
    if converter is not None:
        yield converter.flush()
        if converter.taken_alone is not None:
            name, channel = printable_path(path), converter.taken_alone
            log.warning("%s: its channels cancel each other, channel %d was taken", name, channel)


class RecordingSource:
    """Recording as a `Source`, in real time: each block comes when its last sample would have been heard."""

    traits = SourceTraits(live=False, can_be_muted=False, hears_speaker=False)
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self, settings: CaptureSettings) -> None:
        self.name = printable_path(settings.file)
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
            for piece in read_recording(self._settings.file, self._settings.channel):
                yield from (piece[at : at + BLOCK] for at in range(0, len(piece), BLOCK))


def _frames(path: Path) -> Iterator[tuple[int, Frames]]:
    """Yield rate in Hz and frames: as far as libsndfile reads them, the rest by ffmpeg. Raises RecordingError."""
    with opened(path) as file:
        try:
            sound = SoundFile(path, file)
            try:
                yield from ((sound.rate_hz, frames) for frames in sound.chunks())
            finally:
                sound.close()
        except UnreadError as error:
            _check_decodable(path, file, error)
            yield from _rest(path, error.read)


def _rest(path: Path, read: Part | None) -> Iterator[tuple[int, Frames]]:
    """Yield what ffmpeg decodes behind the part that was read, at its rate and with its channels."""
    skip = read.frames if read else 0
    form = (read.rate_hz, read.channels) if read else None
    for rate_hz, frames in ffmpeg.decoded(path, printable_path(path), form):
        yield rate_hz, frames[skip:]
        skip = max(0, skip - len(frames))


def _check_decodable(path: Path, file: BinaryIO, error: UnreadError) -> None:
    """Return where ffmpeg may read what libsndfile does not. Raises RecordingError that says what helps."""
    file.seek(0)
    kind = ffmpeg.kind_of(file.read(ffmpeg.HEAD_BYTES))
    if kind is None:
        raise error
    if ffmpeg.installed():
        return
    remedy = "install ffmpeg (sudo apt install ffmpeg), or convert it elsewhere: ffmpeg -i OLD -ar 16000 NEW.wav"
    if error.read:
        raise RecordingError(f"{error}: {remedy}") from error
    raise RecordingError(f"{printable_path(path)}: {kind} is read through ffmpeg only: {remedy}") from error


def _converter(rate_hz: int, channels: int, path: Path, channel: Channel) -> Converter:
    try:
        return Converter(rate_hz, channels, channel)
    except ValueError as error:
        raise RecordingError(f"{printable_path(path)}: {error}") from error
