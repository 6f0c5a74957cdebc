"""Network microphones as sources: cameras and HTTP streams through ffmpeg, raw samples over TCP."""

import asyncio
import contextlib
import os
from typing import Final

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.capture.ffmpeg_errors import reason_of
from babycryd.capture.ffmpeg_process import FfmpegProcess
from babycryd.capture.pcm_reader import PcmReader
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import CaptureError, Chunk, ReadPassword, Source, SourceTraits
from babycryd.capture.stream_url import RAW, StreamUrl, parse_stream_url
from babycryd.capture.udp import UdpStream

OPENING_LIMIT_S: Final = 15.0  # for the name, the connection and the first sound: 3 s of FLAC, on a busy computer
STALL_S: Final = 4.5  # a stall is told within 5 s; Wi-Fi has shorter ones in any home
ZEROS_S: Final = 60.0  # cameras that suppress noise send digital silence for a while
TRAITS: Final = SourceTraits(
    live=True, can_be_muted=True, hears_speaker=False, remote=True, least_stall_s=STALL_S, least_zeros_s=ZEROS_S
)


def network_source(settings: CaptureSettings, password: ReadPassword) -> Source:
    """Return the source that `capture.url` names. `password` is read at each opening."""
    url = parse_stream_url(settings.url)
    if url.scheme == "udp":
        return UdpStream(url, TRAITS, OPENING_LIMIT_S)
    return TcpStream(url, settings) if url.scheme in RAW else FfmpegStream(url, settings, password)


class FfmpegStream:
    """RTSP camera or HTTP stream as a `Source`, decoded by ffmpeg in a process of its own."""

    traits = TRAITS
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self, url: StreamUrl, settings: CaptureSettings, password: ReadPassword) -> None:
        self.name = url.shown
        self._url = url
        self._settings = settings
        self._password = password
        self._ffmpeg: FfmpegProcess | None = None
        self._reader: PcmReader | None = None

    async def open(self) -> None:
        try:
            password = self._password()
        except ValueError as error:
            raise CaptureError(f"the password of {self.name} cannot be read: {error}") from error
        ffmpeg = self._ffmpeg = await FfmpegProcess.start(self._url.with_login(self._settings.username, password))
        try:
            async with asyncio.timeout(OPENING_LIMIT_S):
                rate_hz, channels = await ffmpeg.header()
        except TimeoutError:
            raise CaptureError(no_answer(self.name)) from None
        except EOFError:
            raise CaptureError(reason_of(ffmpeg.words(), self.name)) from None
        self._reader = PcmReader(ffmpeg.samples, rate_hz, channels, self._settings.channel, ">i2")

    async def read(self, timeout_s: float) -> list[Chunk]:
        if self._ffmpeg is None or self._reader is None:
            raise CaptureError(f"{self.name} is not open")
        words = self._ffmpeg.words()
        try:
            return await self._reader.read(timeout_s)
        except EOFError:
            raise CaptureError(reason_of(self._ffmpeg.words() or words, self.name)) from None

    async def close(self, limit_s: float) -> None:  # noqa: ARG002  # SIGKILL needs no more than `end_process` waits
        ffmpeg, self._ffmpeg, self._reader = self._ffmpeg, None, None
        if ffmpeg is not None:
            await ffmpeg.close()


class TcpStream:
    """Raw mono samples, 16-bit little-endian, that a microphone serves over TCP, as a `Source`."""

    traits = TRAITS
    dropped_blocks = 0
    overflows = 0
    close_hung = False

    def __init__(self, url: StreamUrl, settings: CaptureSettings) -> None:
        self.name = url.shown
        self._url = url
        self._settings = settings
        self._reader: PcmReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        try:
            async with asyncio.timeout(OPENING_LIMIT_S):
                stream, self._writer = await asyncio.open_connection(self._url.host, self._url.port)
        except TimeoutError:
            raise CaptureError(no_answer(self.name)) from None
        except OSError as error:
            known = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)  # below 0: of DNS
            raise CaptureError(reason_of(known, self.name)) from error
        self._reader = PcmReader(stream, self._settings.rate_hz or SAMPLE_RATE_HZ, 1, self._settings.channel, "<i2")

    async def read(self, timeout_s: float) -> list[Chunk]:
        if self._reader is None:
            raise CaptureError(f"{self.name} is not open")
        try:
            return await self._reader.read(timeout_s)
        except EOFError:
            raise CaptureError(reason_of("", self.name)) from None

    async def close(self, limit_s: float) -> None:
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.transport.abort()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(limit_s):
                    await writer.wait_closed()


def no_answer(name: str) -> str:
    """Return the reason where a stream does not begin in time."""
    return f"{name} does not answer: is it switched on and in this network?"
