"""`Player` over a mixer in a worker process: keeps the order of the tracks, leaves out those that cannot be played."""

import asyncio
import logging
import math
from collections import Counter
from typing import Any, Final

from babycryd.core.printable import printable_path
from babycryd.soothe.playback_log import NoPlaybackLog, PlaybackLog
from babycryd.soothe.player import PlayerError, TrackError
from babycryd.soothe.strategy import Track
from babycryd.soothe.tracks import stuck_text
from babycryd.system.isolated_call import IsolatedCallError, NoAnswerError, NoProcessError
from babycryd.system.worker_process import WorkerProcess

logger = logging.getLogger(__name__)

CALL_LIMIT_S: Final = 2.0  # a stalled sound server can block SDL for ever
START_LIMIT_S: Final = 30.0  # a Pi's first import of pygame from a slow card
_MIXER: Final = "babycryd.soothe.mixer:functions"
_CRASHED: Final = "the sound system has crashed"
_MOST_STUCK: Final = 2  # times that the mixer may crash or hang on a track; once can be the sound system's fault
_MOST_SKIPPED: Final = 50  # tracks that are looked at for one lullaby
_MOST_NAMED: Final = 20  # tracks; any further one is skipped without a line in the log


class StuckError(PlayerError):
    """The mixer did not answer in time, or its process ended."""


class MixerPlayer:
    """`Player` that plays in a process of its own; a track on which that crashes or hangs twice is not played again."""

    def __init__(self, device: str | None, spare: tuple[Track, ...] = (), played: PlaybackLog | None = None) -> None:
        """`device`: the speaker, as `lullaby.device` names it; None: the system's default.

        `spare`: tracks to play where none of those wanted can be played; they are tried again and again. `played`: told
        what plays.
        """
        self._spare = spare
        self._played = played or NoPlaybackLog()
        self._mixer = WorkerProcess(_MIXER, *([] if device is None else [device]), idle_s=math.inf)
        self._closed = False
        self._tracks: tuple[Track, ...] = ()  # the one playing first; none while silent
        self._repeat_one = True
        self._volume = 0.0
        self._fading_out = False
        self._unplayable: dict[Track, str] = {}  # with the reason
        self._stuck: Counter[Track] = Counter()
        self._named: set[Track] = set()

    async def prepare(self) -> None:
        await self._begin("prepare")

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        self._tracks = ()
        await self._begin("open")
        self._repeat_one, self._volume, self._fading_out = repeat_one, volume, False
        return await self._start_first(tracks, fade_in_s)

    async def set_volume(self, volume: float) -> None:
        self._volume = volume
        gain = self._tracks[0].gain if self._tracks else 1.0
        await self._call_while_playing("set_volume", volume=volume * gain)
        self._played.set_volume(volume=volume * gain)

    async def fade_out(self, fade_s: float) -> None:
        self._fading_out = True
        await self._call_while_playing("fade_out", fade_s=fade_s)
        self._played.fade_out(fade_s=fade_s)

    async def sounding(self) -> Track | None:
        if await self._call_while_playing("sounding"):
            return self._tracks[0]
        if self._fading_out or not self._tracks:
            for track in self._tracks[:1]:
                del self._stuck[track]  # it has played well
            self._silent()
            return None
        if self._repeat_one:
            track = self._tracks[0]
            self._leave_out(track, f"{printable_path(track.path)} ended by itself; does it hold any sound?")
        return await self._start_first(self._tracks[1:] + self._tracks[:1], fade_in_s=0.0)

    async def close(self) -> None:
        self._closed = True
        self._played.end()
        await self._mixer.close()

    async def _start_first(self, tracks: tuple[Track, ...], fade_in_s: float) -> Track:
        """Play the first readable one of `tracks`, or a spare one, and keep them in order from there on."""
        errors = []
        for choice in (tracks, self._spare):
            for turn, track in enumerate(choice[:_MOST_SKIPPED]):
                error = self._unplayable.get(track) or await self._start(track, fade_in_s)
                if error is None:
                    self._tracks = choice[turn:] + choice[:turn]
                    return track
                errors.append(error)
        self._silent()
        await self._call("close")
        raise TrackError("; ".join(errors))

    async def _start(self, track: Track, fade_in_s: float) -> str | None:
        """Play a track over the open speaker; return why it cannot be read, or None."""
        self._tracks = (track,)  # it is to blame for what happens
        file, repeat, volume = str(track.path), self._repeat_one, self._volume * track.gain
        try:
            await self._call_while_playing("start", file=file, repeat=repeat, volume=volume, fade_in_s=fade_in_s)
        except TrackError as error:
            self._name(track, str(error))
            return str(error)
        self._played.start(file=file, repeat=repeat, volume=volume, fade_in_s=fade_in_s)
        return None

    async def _call_while_playing(self, name: str, **arguments: Any) -> Any:
        """Return the result of a call; None where nothing plays. An error ends the mixer's process and the track."""
        if not self._tracks:
            return None
        try:
            if self._mixer.pid is None:
                raise StuckError(_CRASHED)
            return await self._call(name, **arguments)
        except TrackError:
            raise
        except PlayerError as error:
            if isinstance(error, StuckError):
                self._blame(self._tracks[0])
            self._silent()
            await self._mixer.close()  # else it might not let go of the speaker, or begin to play when that works again
            raise

    def _silent(self) -> None:
        self._tracks = ()
        self._played.end()

    async def _begin(self, name: str) -> None:
        """Make a call for which a new process may be started."""
        if self._closed:
            raise PlayerError("babycryd is stopping")
        if self._mixer.pid is None:
            await self._call("prepare", START_LIMIT_S)
        await self._call(name)

    async def _call(self, name: str, limit_s: float = CALL_LIMIT_S, **arguments: Any) -> Any:
        """Return the result of a call of `mixer.functions`. Raises PlayerError, TrackError, StuckError."""
        calling = asyncio.ensure_future(self._mixer.call(name, limit_s=limit_s, **arguments))
        # Else asyncio would log the error of a call that was given up
        calling.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        try:
            return await asyncio.shield(calling)  # a call that is given up must not end a sounding lullaby
        except NoAnswerError:
            raise StuckError("the sound system does not answer; is the speaker or its sound server stalled?") from None
        except NoProcessError as error:
            raise PlayerError(f"the mixer's process cannot be started ({error})") from error
        except IsolatedCallError as error:
            if not error.kind:
                raise StuckError(_CRASHED) from error
            raise (TrackError if error.kind == TrackError.__name__ else PlayerError)(error.text) from error

    def _blame(self, track: Track) -> None:
        self._stuck[track] += 1
        if self._stuck[track] >= _MOST_STUCK:
            self._leave_out(track, stuck_text(track))

    def _leave_out(self, track: Track, reason: str) -> None:
        if track not in self._spare:  # else a sound system that hangs for long would leave nothing to play
            self._unplayable[track] = reason
        self._name(track, reason)

    def _name(self, track: Track, reason: str) -> None:
        if track not in self._named and len(self._named) < _MOST_NAMED:
            logger.error("%s; it is skipped", reason)
        self._named.add(track)
