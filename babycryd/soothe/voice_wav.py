"""PURE. A recorded voice: read from the WAV file that the page sends, and made ready to be played again and again."""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.a_weighting import a_weighted_dbfs, loud_level_dbfs
from babycryd.soothe.loudness import LEVEL_DBFS

MOST_BYTES: Final = 6_000_000  # two minutes of mono at 24 kHz
SHORTEST_S: Final = 2.0
LONGEST_S: Final = 120.0
RATES_HZ: Final = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
HIGHEST_PEAK: Final = 0.8
_SOFTEST_DBFS: Final = -60.0  # A-weighted; below, there is no voice
_EDGE_S: Final = 0.25  # fade at both ends
_PAUSE_S: Final = 1.0  # of silence before it begins again
_PCM: Final = 1


class VoiceError(ValueError):
    """A file that is no recording of a voice; the text says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A mono recording."""

    samples: NDArray[np.float32]  # (samples,), -1..1
    rate_hz: int

    @property
    def length_s(self) -> float:
        return len(self.samples) / self.rate_hz


def parse(content: bytes) -> Recording:
    """Read a mono WAV file of 16 bits. Raises VoiceError."""
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise VoiceError("this is no WAV file")
    chunks = _chunks(content)
    if len(chunks.get(b"fmt ", b"")) < 16 or b"data" not in chunks:
        raise VoiceError("this WAV file is incomplete")
    kind, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", chunks[b"fmt "][:16])
    if (kind, channels, bits) != (_PCM, 1, 16) or rate_hz not in RATES_HZ:
        raise VoiceError("the WAV file must be mono, 16 bits, and of 16 to 48 kHz")
    data = chunks[b"data"]
    samples = np.asarray(np.frombuffer(data[: len(data) // 2 * 2], "<i2") / 32_768, np.float32)
    recording = Recording(samples, rate_hz)
    if not SHORTEST_S <= recording.length_s <= LONGEST_S:
        allowed = f"from {SHORTEST_S:g} to {LONGEST_S:g} s"
        raise VoiceError(f"a recording lasts {allowed}; this one lasts {recording.length_s:.1f} s")
    return recording


def prepared(recording: Recording) -> Recording:
    """Return the recording as loud as the shipped sounds, with soft edges and a pause at its end.

    Raises VoiceError where it is silent.
    """
    samples, rate_hz = recording.samples - np.float32(recording.samples.mean()), recording.rate_hz
    level_dbfs = _level_dbfs(samples, rate_hz)
    if level_dbfs < _SOFTEST_DBFS:
        raise VoiceError("the recording is silent: is the microphone allowed, and not muted?")
    gain = min(10 ** ((LEVEL_DBFS - level_dbfs) / 20), HIGHEST_PEAK / float(np.abs(samples).max()))
    time_s = np.arange(len(samples), dtype=np.float32) / rate_hz
    edges = np.clip(np.minimum(time_s, time_s[-1] - time_s) / _EDGE_S, 0.0, 1.0)
    pause = np.zeros(int(_PAUSE_S * rate_hz), np.float32)
    ready = np.concatenate([samples * edges * gain, pause])
    return Recording(ready.astype(np.float32), rate_hz)


def _level_dbfs(samples: NDArray[np.float32], rate_hz: int) -> float:
    """Return the A-weighted level of the louder half of the seconds, so that pauses do not count."""
    seconds = [samples[start : start + rate_hz] for start in range(0, len(samples) - rate_hz + 1, rate_hz)]
    return loud_level_dbfs([a_weighted_dbfs(each, rate_hz) for each in seconds])


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """Return the chunks of a RIFF file by name; the last one may be cut off."""
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        name, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        chunks.setdefault(name, content[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    return chunks
