"""Decoding by Debian's ffmpeg, where it is installed: kinds of recordings that libsndfile does not know."""

import contextlib
import logging
import os
import resource
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.capture.source import RecordingError
from babycryd.core.printable import printable

log = logging.getLogger(__name__)

HEAD_BYTES: Final = 64  # what `kind_of` looks at
# Beginning, its offset, and the name of the kind
_KINDS: Final = (
    (b"ftyp", 4, "M4A, MP4 or 3GP"),
    (b"\xff\xf1", 0, "AAC"),
    (b"\xff\xf9", 0, "AAC"),
    (b"\x1aE\xdf\xa3", 0, "WebM or Matroska"),
    (b"#!AMR", 0, "AMR"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, "WMA"),
    (b"wvpk", 0, "WavPack"),
    (b"\x7fFLAC", 28, "Ogg FLAC"),
    (b"Speex", 28, "Ogg Speex"),
    (b"OggS", 0, "Ogg"),
    (b"ID3", 0, "MP3 or AAC"),
    (b"\xff\xfb", 0, "MP3"),
    *((start, 0, "MP3") for start in (b"\xff\xfa", b"\xff\xf2", b"\xff\xf3", b"\xff\xe3")),
)
_DEMUXERS: Final = "mov,aac,matroska,amr,amrnb,amrwb,asf,wv,ogg,mp3"  # none that opens other files, as playlists do
_PIPE_BYTES: Final = 1 << 18
_MOST_BYTES: Final = 1 << 30  # of memory
_AU_FLOAT: Final = 6  # AU's number for 32-bit float


def kind_of(head: bytes) -> str | None:
    """Return the name of the kind of a file that begins with these HEAD_BYTES, where ffmpeg may read it."""
    return next((kind for start, at, kind in _KINDS if head[at:].startswith(start)), None)


def installed() -> bool:
    """Return whether there is an ffmpeg."""
    return shutil.which("ffmpeg") is not None


def decoded(path: Path, name: str, form: tuple[int, int] | None = None) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the rate in Hz and consecutive frames, (n, channels) float32 in -1..1, of the first sound in a file.

    `name`: the path as errors show it. `form`: rate in Hz and channels to convert to; None: those of the file. Raises
    RecordingError; in the middle, after the good part.
    """
    with subprocess.Popen(_command(path, form), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603  # no shell
        assert process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
        try:
            frames = 0
            rate_hz, channels = _au_header(process.stdout)
            while raw := _whole_frames(process.stdout, 4 * channels):
                samples = np.frombuffer(raw, ">f4").astype(np.float32).reshape(-1, channels)
                frames += len(samples)
                yield rate_hz, samples
            process.wait()
        finally:
            process.kill()
        _complain(process, name, frames / rate_hz if rate_hz else 0.0)


def _command(path: Path, form: tuple[int, int] | None) -> list[str | bytes]:
    convert = ("-ar", str(form[0]), "-ac", str(form[1])) if form else ()
    return [
        *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", _DEMUXERS, "-i", b"file:" + os.fsencode(path)),
        *("-map", "0:a:0", *convert, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"),
    ]


def _au_header(stream: IO[bytes]) -> tuple[int, int]:
    """Return rate in Hz and channels of an AU stream; (0, 1) where none came."""
    head = stream.read(24)
    if len(head) < 24:
        return 0, 1
    _, start, _, encoding, rate_hz, channels = struct.unpack(">4sIIIII", head)
    stream.read(start - 24)
    if encoding != _AU_FLOAT or not channels:
        return 0, 1
    return rate_hz, channels


def _whole_frames(stream: IO[bytes], frame_bytes: int) -> bytes:
    raw = stream.read(_PIPE_BYTES // frame_bytes * frame_bytes or frame_bytes)
    return raw[: len(raw) // frame_bytes * frame_bytes]


def _complain(process: subprocess.Popen[bytes], name: str, done_s: float) -> None:
    assert process.stderr is not None
    words = printable(process.stderr.read(1 << 16).strip().rpartition(b"\n")[2])
    if not done_s:
        raise RecordingError(f"{name}: ffmpeg finds no sound in it ({words or 'it is empty'}): record it again")
    if process.returncode:
        raise RecordingError(f"{name}: damaged at about {done_s:.1f} s (ffmpeg: {words}): what came before was read")
    if words:
        log.warning("%s: read to its end past damage (ffmpeg: %s)", name, words)
