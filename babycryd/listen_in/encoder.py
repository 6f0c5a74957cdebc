"""MP3 encoder of a live stream: whole frames of MPEG-2 Layer III at 16 kHz, mono, as soon as they are complete."""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ

_LOUDEST: Final = np.float32(0.999)  # libsndfile would wrap what is beyond full scale
_HEADER: Final = 4  # bytes
_SYNC: Final = b"\xff\xf3"  # MPEG-2, Layer III, no checksum
_KBIT_PER_S: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # ISO/IEC 13818-3, table B.1


class EncoderError(Exception):
    """The encoder cannot work; the text says why."""


class _Frames(io.RawIOBase):
    """File without a place: it keeps what libsndfile writes until it is taken. libsndfile asks for `seek`, `tell`."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self._at = 0

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002  # there is only one place to write at
        return self._at

    def tell(self) -> int:
        return self._at

    def write(self, data: bytes) -> int:  # type: ignore[override]  # libsndfile's own callback
        self.waiting += data
        self._at += len(data)
        return len(data)


class Mp3Encoder:
    """Encoder of one stream, for one thread. libsndfile's LAME works with a variable bit rate: silence takes 1 kB/s."""

    def __init__(self) -> None:
        """Raises EncoderError where libsndfile is missing or writes no MP3."""
        try:
            import soundfile
        except OSError as error:  # libsndfile itself
            raise EncoderError(f"libsndfile cannot be loaded ({error})") from error
        self._frames = _Frames()
        self._is_first = True  # whether no frame was complete yet
        try:
            self._file = soundfile.SoundFile(
                self._frames, "w", SAMPLE_RATE_HZ, 1, format="MP3", subtype="MPEG_LAYER_III"
            )
        except (soundfile.LibsndfileError, ValueError) as error:
            raise EncoderError(f"libsndfile writes no MP3 ({error})") from error

    def encode(self, samples: Mono) -> bytes:
        """Return the frames that samples (n,) in [-1, 1] complete; up to half a second stays inside.

        LAME also gives parts of frames, which wait for their rest. Its first frame is left out: it is an empty place
        for the length of a file, which a live stream does not have.
        """
        self._file.write(np.clip(samples, -_LOUDEST, _LOUDEST))
        waiting = self._frames.waiting
        lengths = list(_frame_lengths(waiting))
        begin = lengths[0] if self._is_first and lengths else 0
        self._is_first = self._is_first and not lengths
        frames = bytes(waiting[begin : sum(lengths)])
        del waiting[: sum(lengths)]
        return frames

    def close(self) -> None:
        """Free the memory of the encoder; what it still had is dropped."""
        self._file.close()


def _frame_lengths(stream: bytearray) -> Iterator[int]:
    """Yield the length in bytes of each whole frame of MPEG-2 Layer III, 576 samples at 16 kHz. Raises EncoderError."""
    at = 0
    while len(header := stream[at : at + _HEADER]) == _HEADER:
        if header[:2] != _SYNC:
            raise EncoderError(f"the stream is no MPEG-2 Layer III: {header.hex()}")
        length = 72 * 1000 * _KBIT_PER_S[header[2] >> 4] // SAMPLE_RATE_HZ + (header[2] >> 1 & 1)
        at += length
        if at > len(stream):
            return
        yield length
