"""Reader of a stream of interleaved 16-bit samples, in blocks, as mono 16 kHz."""

import asyncio

import numpy as np

from babycryd.audio.block import BLOCK_S
from babycryd.audio.resampling import Channel, Converter
from babycryd.capture.source import CaptureError, Chunk


class PcmReader:
    """Reader: turns BLOCK_S of a byte stream at a time into a chunk."""

    def __init__(self, stream: asyncio.StreamReader, rate_hz: int, channels: int, channel: Channel, kind: str) -> None:
        """`kind`: byte order as numpy names it, `<i2` or `>i2`. Raises CaptureError where there is no such channel."""
        try:
            self._converter = Converter(rate_hz, channels, channel)
        except ValueError as no_channel:
            raise CaptureError(str(no_channel)) from no_channel
        self._stream = stream
        self._channels = channels
        self._kind = kind
        self._block_bytes = 2 * channels * round(BLOCK_S * rate_hz)

    async def read(self, timeout_s: float) -> list[Chunk]:
        """Return the next chunk, or none after a wait of `timeout_s`. Raises EOFError at the end of the stream."""
        try:
            async with asyncio.timeout(timeout_s):
                raw = await self._stream.readexactly(self._block_bytes)
        except TimeoutError:
            return []
        except (asyncio.IncompleteReadError, OSError) as error:
            raise EOFError from error
        frames = np.frombuffer(raw, self._kind).astype(np.int16).reshape(-1, self._channels)
        return [Chunk(self._converter.convert(frames), taken_alone=self._converter.taken_alone)]
