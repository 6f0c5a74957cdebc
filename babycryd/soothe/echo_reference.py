"""Echo reference of the mixer: what the speaker plays, from the sound's file, its start, volume and fades.

The mixer's process opens the speaker and is not asked for its samples. The same file is decoded a second time, in
another worker process, piece by piece and ahead of the time.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.core.echo_reference import Played
from babycryd.core.printable import printable
from babycryd.soothe.playback import Playback
from babycryd.soothe.track_decoder import PIECE
from babycryd.system.isolated_call import IsolatedCallError
from babycryd.system.worker_process import WorkerProcess

logger = logging.getLogger(__name__)

MOST_PIECES: Final = 4  # kept: two minutes, 4 MB
_DECODER: Final = "babycryd.soothe.track_decoder:functions"
_LIMIT_S: Final = 30.0  # for one piece; a Pi that starts Python from a slow card takes some seconds
_SETTLES_S: Final = 1.2  # a sound that is over by then, such as the chirp of a self-test, is not decoded
_LOOK_S: Final = 2.0  # between two looks at what will be needed
_AHEAD: Final = 10 * SAMPLE_RATE_HZ  # samples that are decoded ahead
_FULL_SCALE: Final = 32767.0


class _File:
    """Decoded pieces of the file that plays; replaced as a whole by the loop, read by any thread."""

    __slots__ = ("length", "pieces")

    def __init__(self, length: int) -> None:
        self.length = length  # samples
        self.pieces: dict[int, NDArray[np.int16]] = {}  # by number, the newest last


class PlaybackReference:
    """`EchoReference` of a `MixerPlayer`, which tells it of every call; `run` decodes what plays.

    `played` may be called from any thread, everything else belongs to the loop.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        """`now_s`: stream time now."""
        self.trouble: str | None = None  # why the sound that plays cannot be decoded
        self._now_s = now_s
        self._decoder = WorkerProcess(_DECODER)
        self._playbacks: tuple[Playback, ...] = ()  # the last one, and the one before, whose echo may still sound
        self._files: dict[str, _File] = {}  # of these
        self._began = asyncio.Event()

    @property
    def last_start(self) -> int | None:
        """Stream time, in samples, at which the last sound began; None before the first one."""
        return self._playbacks[-1].start if self._playbacks else None

    def start(self, *, file: str, repeat: bool, volume: float, fade_in_s: float) -> None:
        """Note that the mixer has begun to play a file just now."""
        self.end()
        at = self._now()
        begun = Playback(file, at, repeat, round(fade_in_s * SAMPLE_RATE_HZ), ((at, volume),))
        self._playbacks = (*self._playbacks[-1:], begun)
        self._began.set()

    def set_volume(self, *, volume: float) -> None:
        """Note another volume of what plays."""
        self._change(lambda playback: playback.at_volume(self._now(), volume))

    def fade_out(self, *, fade_s: float) -> None:
        """Note that what plays begins to fade."""
        self._change(lambda playback: playback.fading_out(self._now(), round(fade_s * SAMPLE_RATE_HZ)))

    def end(self) -> None:
        """Note that nothing plays any more."""
        self._change(lambda playback: playback.ended(self._now()))

    def played(self, first: int, n: int) -> Played | None:
        playbacks, files = self._playbacks, self._files
        sounding = [each for each in playbacks if each.sounds_in(first, n)]
        parts = [_samples(each, files.get(each.file), first, n) for each in sounding]
        known = [part for part in parts if part is not None]
        if not known or parts[-1] is None:
            return None
        return Played(known[0] if len(known) == 1 else known[0] + known[1], sounding[-1].start)

    def playing_since(self, first: int, n: int) -> int | None:
        sounding = [each for each in self._playbacks if each.sounds_in(first, n)]
        if not sounding:
            return None
        last = sounding[-1]
        return last.start if _is_decoded(last, self._files.get(last.file), first, n) else None

    async def run(self) -> None:
        """Decode what plays, ahead of the time, until cancelled."""
        while True:
            await self._began.wait()
            self._began.clear()
            await asyncio.sleep(_SETTLES_S)
            while (playback := self._sounding()) is not None and not self._began.is_set():
                try:
                    await self._decode(playback)
                except (IsolatedCallError, ValueError) as error:
                    self._tell(f"{printable(playback.file)} cannot be read to cancel its echo ({error})")
                    break
                await asyncio.sleep(_LOOK_S)

    async def close(self) -> None:
        """End the decoder's process."""
        await self._decoder.close()

    def _now(self) -> int:
        return round(self._now_s() * SAMPLE_RATE_HZ)

    def _change(self, change: Callable[[Playback], Playback]) -> None:
        if self._playbacks:
            self._playbacks = (*self._playbacks[:-1], change(self._playbacks[-1]))

    def _sounding(self) -> Playback | None:
        playback = self._playbacks[-1]
        return playback if playback.sounds_in(self._now(), 1) else None

    async def _decode(self, playback: Playback) -> None:
        """Decode the pieces that are needed from now on and soon."""
        name = playback.file
        file = self._files.get(name)
        if file is None:
            file = _File(await self._decoder.call("length", name, limit_s=_LIMIT_S))
            if file.length <= 0:
                raise ValueError("it holds no sound")
            self._files = {each.file: self._files[each.file] for each in self._playbacks if each.file in self._files}
            self._files[name] = file
        elapsed = self._now() - playback.start
        for at in (elapsed, elapsed + _AHEAD):
            if playback.repeat or at < file.length:
                await self._decode_piece(file, name, at % file.length // PIECE)
        self.trouble = None

    async def _decode_piece(self, file: _File, name: str, number: int) -> None:
        pieces = dict(file.pieces)
        if number in pieces:
            newest = pieces.pop(number)
            file.pieces = pieces | {number: newest}
            return
        content = await self._decoder.call("piece", name, number, limit_s=_LIMIT_S)
        kept = list(pieces.items())[-(MOST_PIECES - 1) :]
        file.pieces = dict(kept) | {number: np.frombuffer(content, "<i2")}

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            logger.warning("%s; crying is heard less well while it plays", trouble)
        self.trouble = trouble


class _Stretch(NamedTuple):
    """Part of what plays that lies in one piece of the file."""

    at: int  # its place among the samples that are asked for
    size: int
    piece: int  # number
    place: int  # in the piece


def _stretches(playback: Playback, file: _File, first: int, n: int) -> Iterator[_Stretch]:
    """Yield the stretches of the file that a playback needs for the `n` samples from stream time `first` on."""
    at = max(0, playback.start - first)
    until = n if playback.end is None else min(n, playback.end - first)
    while at < until:
        elapsed = first + at - playback.start
        if not playback.repeat and elapsed >= file.length:
            return
        place = elapsed % file.length
        size = min(PIECE - place % PIECE, file.length - place, until - at)
        yield _Stretch(at, size, place // PIECE, place % PIECE)
        at += size


def _is_decoded(playback: Playback, file: _File | None, first: int, n: int) -> bool:
    return file is not None and all(each.piece in file.pieces for each in _stretches(playback, file, first, n))


def _samples(playback: Playback, file: _File | None, first: int, n: int) -> Mono | None:
    """Return (n,) samples of a playback from stream time `first` on; None where a piece is not decoded."""
    if file is None:
        return None
    out, pieces = np.zeros(n, np.float32), file.pieces
    for at, size, number, place in _stretches(playback, file, first, n):
        piece = pieces.get(number)
        if piece is None:
            return None
        part = piece[place:][:size]  # shorter where the file ends before its header tells
        out[at : at + len(part)] = part
    gain = playback.steady_gain(first, n)
    out *= playback.gains(first, n) if gain is None else np.float32(gain)
    out *= np.float32(1 / _FULL_SCALE)
    return out
