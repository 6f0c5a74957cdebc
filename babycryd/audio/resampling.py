"""PURE. Conversion of any rate and any channels to mono 16 kHz, as a stream."""

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.channels import ChannelChoice, Raw
from babycryd.audio.format import SAMPLE_RATE_HZ

Channel = Literal["mix"] | int  # the mean of all channels while they do not cancel, or one of them counted from 1


class Converter:
    """Converter of consecutive raw blocks into consecutive mono 16 kHz samples; holds up to 80 ms back.

    The output does not depend on how the stream is cut; with `flush` at the end it has
    round(frames * 16000 / rate_hz) samples, give or take one.
    """

    def __init__(self, rate_hz: int, channels: int, channel: Channel = "mix") -> None:
        """Raise ValueError, with the remedy, where there is no such channel."""
        if channel != "mix" and not 1 <= channel <= channels:
            raise ValueError(f"no channel {channel} of {channels}: set capture.channel to 1..{channels} or mix")
        self._channel = channel
        self._choice = ChannelChoice(rate_hz) if channel == "mix" and channels > 1 else None
        self._stream = None if rate_hz == SAMPLE_RATE_HZ else _resampler(rate_hz)

    @property
    def taken_alone(self) -> int | None:
        """Channel that is taken because all of them cancel in their mean, counted from 1; None: there is no need."""
        return self._choice.channel if self._choice else None

    def convert(self, raw: Raw) -> Mono:
        """Return the samples (n,) in [-1, 1] of raw frames (frames, channels)."""
        mono = _to_mono(raw, self._channel) if self._choice is None or not len(raw) else _chosen(raw, self._choice)
        return mono if self._stream is None else _clipped(self._stream.resample_chunk(mono))

    def flush(self) -> Mono:
        """Return the samples still held back, when the stream has ended."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._stream is None else _clipped(self._stream.resample_chunk(nothing, last=True))


def _resampler(rate_hz: int) -> Any:
    import soxr  # most microphones deliver 16 kHz and never need it

    # HQ holds back 40 ms at 48 kHz, as MQ does, and costs 0.24 ms of CPU a second (measured, x86-64).
    return soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")


def _chosen(raw: Raw, choice: ChannelChoice) -> Mono:
    return np.concatenate([_to_mono(part, "mix" if one is None else one) for part, one in choice.parts(raw)])


@cache
def _equal_weights(channels: int) -> NDArray[np.float32]:
    return np.full(channels, 1 / channels, np.float32)


def _to_mono(raw: Raw, channel: Channel) -> Mono:
    if channel != "mix":
        mono = raw[:, channel - 1].astype(np.float32)
    elif raw.shape[1] == 1:
        mono = raw[:, 0].astype(np.float32)
    else:
        # A product with equal weights is the mean, many times faster than mean(axis=1).
        mono = raw.astype(np.float32) @ _equal_weights(raw.shape[1])
    return mono * np.float32(1 / 32768) if raw.dtype == np.int16 else _clipped(mono)


def _clipped(samples: Mono) -> Mono:
    """Return the samples within [-1, 1]: a float file may exceed full scale, and a resampler overshoots at edges."""
    return np.clip(samples, -1.0, 1.0)
