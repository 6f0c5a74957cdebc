"""Recordings that come in: their names, metadata, limits and sound. No I/O."""

import io
import math
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ

SCHEMA: Final = 1
LARGEST_BYTES: Final = 4_000_000  # a piece has 100 kB, a minute of PCM 2 MB
LONGEST_S: Final = 60.0
HIGHEST_RATE_HZ: Final = 192_000
MOST_CHANNELS: Final = 8
MOST_VALUES: Final = 6_000_000  # of all channels: a minute of stereo at 48 kHz; silence of any length is a small file
_NAME = re.compile(r"recordings/([a-z0-9_-]{1,64})/([A-Za-z0-9_-]{1,80})\.(?:flac|wav)", re.ASCII)

# FLAC, and WAV of plain PCM or float numbers: libsndfile's parsers of all else have known holes (docs/security.md)
_FORMATS: Final = (rb"fLaC", rb"RIFF....WAVEfmt ....[\x01\x03]\x00")

Samples = NDArray[np.float32]


class Unreadable(Exception):  # noqa: N818  # a fact, not an error
    """A recording that no further delivery can make readable; the text says what is wrong."""


@dataclass(frozen=True)
class Job:
    """A recording in the bucket: its name and metadata."""

    bucket: str
    name: str
    device: str
    segment: str
    size: object
    content_type: object
    metadata: dict[str, Any]
    generation: int | None = None  # of the object, among all that ever had this name

    @property
    def answer_name(self) -> str:
        """Name of the answer, always below `predictions/` of the same device."""
        return f"predictions/{self.device}/{self.segment}.json"

    def check_size(self) -> int:
        """Most bytes to read. Raises Unreadable for a larger object."""
        try:
            size = int(str(self.size))
        except ValueError:
            raise Unreadable(f"the event has no size ({self.size!r:.40})") from None
        if not 0 < size <= LARGEST_BYTES:
            raise Unreadable(f"it has {size} bytes; from 1 to {LARGEST_BYTES} are read")
        if not str(self.content_type or "audio/").startswith(("audio/", "application/octet-stream")):
            raise Unreadable(f"its type is {self.content_type!r:.60}, not audio")
        return size

    def times(self) -> tuple[float, int | None]:
        """Stream time of the first sample, and number of the last hops to score. Raises Unreadable."""
        for key, expected in (("device", self.device), ("segment", self.segment), ("schema", str(SCHEMA))):
            if str(self.metadata.get(key, expected)) != expected:
                raise Unreadable(f"its metadata say {key} {self.metadata[key]!r:.60}, its name and place {expected}")
        try:
            start_s = float(self.metadata.get("start_s", 0.0))
            hops = int(self.metadata["hops"]) if "hops" in self.metadata else None
        except (TypeError, ValueError, OverflowError):
            raise Unreadable("its metadata start_s and hops must be numbers") from None
        if not (math.isfinite(start_s) and 0 <= start_s < 1e12) or (hops is not None and not 0 < hops <= 1000):
            raise Unreadable("its metadata start_s or hops is out of range")
        return start_s, hops


def job_of(data: object) -> Job | None:
    """The recording that a storage event is about; None for any other object."""
    if not isinstance(data, dict):
        return None
    bucket, name, metadata = data.get("bucket"), data.get("name"), data.get("metadata")
    if not (isinstance(bucket, str) and bucket and isinstance(name, str)):
        return None
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    known = metadata if isinstance(metadata, dict) else {}
    generation = str(data.get("generation", ""))
    pinned = int(generation) if generation.isascii() and generation.isdigit() and len(generation) < 20 else None
    return Job(bucket, name, found[1], found[2], data.get("size"), data.get("contentType"), known, pinned)


def sound_of(content: bytes) -> Samples:
    """Mono 16 kHz samples (n,), float32. Raises Unreadable."""
    if not any(re.match(magic, content, re.DOTALL) for magic in _FORMATS):
        raise Unreadable("it cannot be decoded (neither FLAC nor WAV with PCM)")
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            _check_header(file)
            sound = file.read(round((LONGEST_S + 1) * file.samplerate), dtype="float32", always_2d=True)
            rate_hz, promised = file.samplerate, file.frames
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError) as error:
        why = getattr(error, "error_string", str(error))
        raise Unreadable(f"it cannot be decoded ({why[:120]})") from error
    if len(sound) < promised:
        raise Unreadable(f"it is cut off: {len(sound)} of {promised} samples are there")
    mono: Samples = sound.mean(axis=1, dtype=np.float32)
    if len(mono) == 0 or not np.isfinite(mono).all():
        raise Unreadable("it has no samples, or some that are no numbers")
    return mono if rate_hz == SAMPLE_RATE_HZ else np.asarray(soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ), np.float32)


def check_hops(samples: Samples, hops: int) -> None:
    """Raises Unreadable."""
    if len(samples) % HOP or hops * HOP > len(samples):
        raise Unreadable(
            f"it has {len(samples)} samples, which are no whole hops of {HOP}, or less than {hops} of them"
        )


def error_answer(job: Job, text: str) -> dict[str, Any]:
    return {"schema": SCHEMA, "segment": job.segment, "error": text}


def _check_header(file: soundfile.SoundFile) -> None:
    if not (1000 <= file.samplerate <= HIGHEST_RATE_HZ and 1 <= file.channels <= MOST_CHANNELS):
        raise Unreadable(f"it has {file.channels} channels at {file.samplerate} Hz")
    if file.frames > LONGEST_S * file.samplerate:
        raise Unreadable(f"it is longer than {LONGEST_S:g} s")
    if file.frames * file.channels > MOST_VALUES:  # eight recordings share an instance's 512 MB
        raise Unreadable(f"it has {file.frames * file.channels} samples; {MOST_VALUES} are read")
