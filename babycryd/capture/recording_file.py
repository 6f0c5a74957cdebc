"""Recording files, opened by their bytes and read by libsndfile, also where a header tells of less than there is."""

import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.capture.recording_header import STREAMED_BYTES, Header, mended_header
from babycryd.capture.source import RecordingError
from babycryd.core.printable import printable, printable_path

log = logging.getLogger(__name__)

Frames = NDArray[np.float32]  # (n, channels)

CHUNK_SAMPLES: Final = 1 << 16  # of all channels together: 256 KB of float32 however many channels there are
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 768_000  # any other rate means a damaged header
_READ_WHOLE: Final = frozenset({"MP3", "OGG"})  # libsndfile stops where the header or the first stream says
_UNREAD_SHARE, _UNREAD_BYTES = 0.05, 16_384  # a tag at the end may be smaller
_NEVER_TOLD_S: Final = 0.01  # a header that tells of less was never finished


@dataclass(frozen=True, slots=True)
class Part:
    """First part of a recording, that which libsndfile has read."""

    frames: int
    rate_hz: int
    channels: int


class UnreadError(RecordingError):
    """libsndfile has read less than the file holds, or cannot read it; a decoder that can may go on."""

    def __init__(self, text: str, read: Part | None = None) -> None:
        """`read`: what was read, None where nothing was."""
        super().__init__(text)
        self.read = read


class SoundFile:
    """Recording that libsndfile has opened: at least one frame, of a sensible rate."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Raise RecordingError where there is nothing to read, UnreadError where libsndfile knows no such format."""
        self._path = path
        size = os.fstat(file.fileno()).st_size
        self._header = mended_header(file, size) or Header(b"", 0)
        self._bytes = _MendedBytes(file, size, self._header)
        self._file = _sndfile(path, self._bytes)
        try:
            self._check()
        except RecordingError:
            self._file.close()
            raise
        self._bytes.furthest = 0
        self.rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels

    @property
    def duration_s(self) -> float | None:
        """Length by the header and the file's size; None where only decoding tells."""
        told = self._header.told_frames
        if told is None:
            return float(self._file.frames / self.rate_hz)
        return told / self.rate_hz or None

    def close(self) -> None:
        self._file.close()

    def chunks(self) -> Iterator[Frames]:
        """Yield all frames, finite; at the end, warn of a header that told something else.

        Raises RecordingError at damage, UnreadError where the file holds more than libsndfile reads.
        """
        size = max(1, CHUNK_SAMPLES // self.channels)
        done = 0
        while len(raw := self._read(size, done)):
            if not np.isfinite(raw).all():
                bad = int(np.argmin(np.isfinite(raw).all(axis=1)))
                yield raw[:bad]
                at_s = (done + bad) / self.rate_hz
                raise RecordingError(
                    f"{printable_path(self._path)}: not a number at {at_s:.3f} s: export it again as 16-bit WAV or FLAC"
                )
            yield raw
            done += len(raw)
        if not done:
            raise RecordingError(_empty(self._path))
        self._compare(done)

    def _read(self, size: int, done: int) -> Frames:
        import soundfile  # see _sndfile

        try:
            raw: Frames = self._file.read(size, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            whole_s = self.duration_s
            of = f" of {whole_s:.1f} s" if whole_s else ""
            raise RecordingError(
                f"{printable_path(self._path)}: damaged at about {done / self.rate_hz:.1f} s{of} ({_reason(error)}): "
                "what came before was read"
            ) from error
        if self._bytes.error is not None:
            raise RecordingError(
                f"{printable_path(self._path)}: cannot be read beyond {done / self.rate_hz:.1f} s "
                f"({self._bytes.error.strerror}): what came before was read"
            ) from self._bytes.error
        return raw

    def _check(self) -> None:
        if not LOWEST_RATE_HZ <= self._file.samplerate <= HIGHEST_RATE_HZ:
            rate_hz = self._file.samplerate
            raise RecordingError(
                f"{printable_path(self._path)}: a sample rate of {rate_hz} Hz: the header is damaged, record it again"
            )
        if self._file.frames <= 0:
            raise RecordingError(_empty(self._path))

    def _compare(self, done: int) -> None:
        """Warn of a header that told of more or less than the `done` frames. Raises UnreadError."""
        done_s, name = done / self.rate_hz, printable_path(self._path)
        if self._header.told_frames is None:
            told_s = self._header.told_share * done_s
            cut = not _NEVER_TOLD_S <= told_s <= done_s
            cut = cut or done < self._file.frames or _announced_more(self._file.extra_info)
        else:
            told_s = self._header.told_frames / self.rate_hz or done_s
            cut = told_s > done_s
        if cut:
            log.warning("%s: cut off after %.1f s, or still being written", name, done_s)
        elif told_s < done_s:
            log.warning("%s: its header tells of %.1f s; all %.1f s of the file were read", name, told_s, done_s)
        unread = self._bytes.size - self._bytes.furthest
        if self._file.format in _READ_WHOLE and unread > max(_UNREAD_BYTES, _UNREAD_SHARE * self._bytes.size):
            share = unread / self._bytes.size
            text = f"{name}: only {done_s:.1f} s were read: {share:.0%} of the file come behind them"
            raise UnreadError(text, Part(done, self.rate_hz, self.channels))


def _empty(path: Path) -> str:
    return f"{printable_path(path)}: has a header but no samples: record it again"


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Yield a regular file with at least one byte, open to be read. Raises RecordingError."""
    name = printable_path(path)
    if path.is_dir():
        raise RecordingError(f"{name}: is a folder: give the recordings inside of it")
    if path.exists() and not path.is_file():
        raise RecordingError(f"{name}: is not a regular file: give a recording")
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(
            f"{name}: cannot be opened ({error.strerror}): check the path and who may read it"
        ) from error
    with file:
        try:
            empty = not file.peek(1)
        except OSError as error:
            raise RecordingError(f"{name}: cannot be read ({error.strerror}): is its disk still there?") from error
        if empty:
            raise RecordingError(f"{name}: is empty: record it again")
        yield file


class _MendedBytes:
    """Bytes of a recording as libsndfile reads them: the file's own, behind a header that was put right."""

    def __init__(self, file: BinaryIO, size: int, header: Header) -> None:
        self._file = file
        self._head = memoryview(header.content)
        self._shift = header.skip - len(header.content)  # from a place here to the file's
        self._at = 0
        self.size = size - self._shift
        self.furthest = 0  # end of what was read
        self.error: OSError | None = None  # libsndfile takes no exceptions

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, target: Any) -> int:
        into = memoryview(target).cast("B")
        head = self._head[self._at : self._at + len(into)]
        into[: len(head)] = head
        done = len(head)
        if done < len(into):
            try:
                self._file.seek(self._at + done + self._shift)
                done += self._file.readinto(into[done:])  # type: ignore[attr-defined]  # a buffered file has it
            except OSError as error:
                self.error = error
        self._at += done
        self.furthest = max(self.furthest, self._at)
        return done


def _sndfile(path: Path, content: _MendedBytes) -> Any:
    """Return the file as a soundfile.SoundFile that never seeks. Raises UnreadError."""
    import soundfile  # a daemon with a microphone needs no files

    class Sequential(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
        """After each read soundfile seeks to where it is, which a FLAC of unknown length cannot."""

        def seekable(self) -> bool:
            return False

    try:
        return Sequential(content)
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        raise UnreadError(
            f"{printable_path(path)}: not audio that can be read ({_reason(error)}): "
            "give a WAV, FLAC, OGG, MP3 or AIFF file"
        ) from error


def _announced_more(extra_info: str) -> bool:
    """Return whether a WAV header announces more than the file has: libsndfile corrects it and only logs it."""
    found = re.search(r"^data *: (\d+) \(should be", extra_info, re.MULTILINE)
    return found is not None and int(found[1]) < STREAMED_BYTES


def _reason(error: Exception) -> str:
    """Return libsndfile's own words, without the path that soundfile puts before them."""
    return printable(getattr(error, "error_string", str(error)).removeprefix("Error : ").rstrip("."))
