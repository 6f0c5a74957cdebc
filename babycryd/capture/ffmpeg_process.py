"""ffmpeg process that decodes one stream of the network to 16-bit samples.

The URL goes to ffmpeg through a pipe, as a playlist of its `concat` demuxer: the command line and the environment of a
process can be read by others, and a URL may hold a password.
"""

import asyncio
import contextlib
import os
import resource
import struct
from typing import Final, Self

from babycryd.capture.source import CaptureError
from babycryd.system.isolated_call import end_process

NO_FFMPEG: Final = "ffmpeg is missing, which reads streams of the network: install it (sudo apt install ffmpeg)"
ORPHAN_S: Final = 10  # ffmpeg gives a silent connection up by itself, also where babycryd was killed
# Neither files nor playlists that name other files or addresses.
_PROTOCOLS: Final = "pipe,rtsp,rtsps,rtp,tcp,tls,http,https"
_DEMUXERS: Final = "rtsp,rtp,sdp,aac,ac3,asf,au,flac,flv,matroska,mov,mp3,mpegts,ogg,wav"
_OPTIONS: Final = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "audio",
    "fflags": "nobuffer",
    "analyzeduration": "500000",  # us
    "max_probe_packets": "8",  # raw samples in a WAV stream would be searched for surround sound for 128 KB
    "timeout": str(ORPHAN_S * 1_000_000),  # us, of the socket
    "format_whitelist": _DEMUXERS,  # the stream must not be a playlist again
}
_COMMAND: Final = (
    *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"),
    *("-protocol_whitelist", _PROTOCOLS, "-format_whitelist", f"concat,{_DEMUXERS}"),
    *("-f", "concat", "-safe", "0", "-i", "pipe:0"),
    *("-map", "0:a:0", "-c:a", "pcm_s16be", "-flush_packets", "1", "-f", "au", "pipe:1"),
)
_MOST_BYTES: Final = 1 << 29  # of its memory
_LAST_WORDS: Final = 4096  # bytes of its errors that are kept
_AU_16_BIT: Final = 3  # AU's number for 16-bit samples


class FfmpegProcess:
    """Running ffmpeg: `samples` are its output behind the header, `words` its last errors. End it with `close`."""

    def __init__(self, process: asyncio.subprocess.Process, errors: int) -> None:
        """`errors`: the file descriptor of its standard error, not blocking."""
        self.samples = asyncio.StreamReader()  # interleaved, big-endian
        self._process = process
        self._errors = errors
        self._words = b""
        self._output: asyncio.ReadTransport | None = None

    @classmethod
    async def start(cls, url: str) -> Self:
        """Start ffmpeg. Raises CaptureError."""
        playlist = _filled_pipe(_playlist(url))
        output, its_output = os.pipe()
        errors, its_errors = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                stdin=playlist,
                stdout=its_output,
                stderr=its_errors,
                env={"PATH": os.environ.get("PATH", os.defpath)},
            )
        except BaseException as error:
            os.close(output)
            os.close(errors)
            if isinstance(error, OSError):
                missing = isinstance(error, FileNotFoundError)
                raise CaptureError(NO_FFMPEG if missing else f"ffmpeg cannot be started: {error.strerror}") from error
            raise
        finally:
            for end in (playlist, its_output, its_errors):
                os.close(end)
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
        os.set_blocking(errors, False)
        started = cls(process, errors)
        try:
            await started._connect(output)
        except BaseException:
            await started.close()
            raise
        return started

    async def _connect(self, output: int) -> None:
        loop, pipe = asyncio.get_running_loop(), os.fdopen(output, "rb", buffering=0)
        protocol = asyncio.StreamReaderProtocol(self.samples)
        self._output, _ = await loop.connect_read_pipe(lambda: protocol, pipe)

    async def header(self) -> tuple[int, int]:
        """Return rate in Hz and channels, once the stream has begun. Raises EOFError where it never does."""
        try:
            head = await self.samples.readexactly(24)
            _, start, _, encoding, rate_hz, channels = struct.unpack(">4sIIIII", head)
            await self.samples.readexactly(start - len(head))
        except asyncio.IncompleteReadError as error:
            raise EOFError from error
        if encoding != _AU_16_BIT or not rate_hz or not channels:
            raise EOFError
        return rate_hz, channels

    def words(self) -> str:
        """Return the last that ffmpeg wrote to its standard error. Call it often, or a full pipe stops ffmpeg."""
        with contextlib.suppress(BlockingIOError):
            while written := os.read(self._errors, 1 << 16):
                self._words = (self._words + written)[-_LAST_WORDS:]
        return self._words.decode(errors="replace")

    async def close(self) -> None:
        """Kill ffmpeg, wait for its end, and close all pipes."""
        if self._output is not None:
            self._output.close()
        try:
            await end_process(self._process)
        finally:
            os.close(self._errors)


def _playlist(url: str) -> bytes:
    options = "".join(f"option {name} {value}\n" for name, value in _OPTIONS.items())
    return f"ffconcat version 1.0\nfile '{url}'\n{options}".encode("ascii")  # no URL here has a quote


def _filled_pipe(content: bytes) -> int:
    """Return the reading end of a pipe that holds `content`, at most 4 KiB, and then ends."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading
