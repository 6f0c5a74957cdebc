"""Mixer over pygame that detects a lost speaker, and the player that runs it in one thread.

When the sound server or the card goes away, SDL goes on without a sound: `get_busy()` stays True and even `get_pos()`
advances, as it adds the clock's time. So two other signs are watched: SDL's event that an open device was removed, and
a short silent sound that the mixer must finish in time.
"""

import atexit
import importlib
import logging
import os
import time
from collections.abc import Callable
from functools import cache, partial
from types import ModuleType
from typing import TypeVar

from babycryd.soothe.player import PlayerError
from babycryd.soothe.strategy import Track
from babycryd.system.alsa import alsa_config_locked, silence_alsa
from babycryd.system.worker_thread import WorkerThread

T = TypeVar("T")

logger = logging.getLogger(__name__)

RATE_HZ = 44_100  # as the shipped sounds
CHANNELS = 2
BUFFER = 2048  # samples: 46 ms; half as many cost SDL twice the CPU, twice as many delay the start
PROBE_S = 0.2  # length of the silent sound
STALL_S = 1.5  # longest time for the silent sound to end
CALL_LIMIT_S = 2.0  # a stalled sound server can block SDL for ever
PREPARE_LIMIT_S = 30.0  # a Pi's first import of pygame from a slow card


@cache
def _pygame() -> ModuleType:
    """Return pygame, imported at first use and set up without a screen, signal handlers and an exit handler."""
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
    os.environ["SDL_VIDEODRIVER"] = "dummy"  # SDL's events need a video driver; this one opens no window
    os.environ["SDL_NO_SIGNAL_HANDLERS"] = "1"  # SIGTERM is the daemon's
    silence_alsa()
    try:
        pygame = importlib.import_module("pygame")
        importlib.import_module("pygame.mixer")
    except ImportError as error:
        raise PlayerError(f"pygame-ce cannot be loaded ({error})") from error
    atexit.unregister(pygame.quit)  # on a stalled sound server it would never return
    return pygame


def output_devices() -> tuple[str, ...]:
    """Return the names of the speakers, as `lullaby.device` takes them; none without a sound system."""
    pygame = _pygame()
    try:
        pygame.mixer.init()  # SDL lists them only then
        return tuple(importlib.import_module("pygame._sdl2.audio").get_audio_device_names(False))
    except pygame.error:
        return ()
    finally:
        pygame.mixer.quit()


class Mixer:
    """Mixer that opens the speaker to play and releases it when silent. All methods may raise PlayerError."""

    def __init__(self, device: str | None) -> None:
        self._device = device
        self._tracks: tuple[Track, ...] = ()  # the one playing first
        self._repeat_one = True
        self._volume = 0.0
        self._fading_out = False
        self._probe_at_s = 0.0  # monotonic

    def prepare(self) -> None:
        _pygame()

    def check(self) -> None:
        """Open the speaker and close it again."""
        try:
            self._open()
        finally:
            self.close()

    def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        """Begin with the first of `tracks` that can be read. Raises PlayerError that names each file where none can."""
        self._open()
        self._repeat_one, self._volume, self._fading_out = repeat_one, volume, False
        self._start_first(tracks, fade_in_s)
        return self._tracks[0]

    def set_volume(self, volume: float) -> None:
        self._volume = volume
        pygame = _pygame()
        if pygame.mixer.get_init():
            pygame.mixer.music.set_volume(volume)

    def fade_out(self, fade_s: float) -> None:
        self._fading_out = True
        pygame = _pygame()
        if pygame.mixer.get_init():
            pygame.mixer.music.fadeout(max(1, round(fade_s * 1000)))

    def sounding(self) -> bool:
        """Return whether it plays; go on to the next track where one has ended, close when faded out."""
        pygame = _pygame()
        if not pygame.mixer.get_init():
            return False
        self._check_speaker(pygame)
        if pygame.mixer.music.get_busy():
            return True
        if self._fading_out:
            self.close()
            return False
        if self._repeat_one:
            raise PlayerError(f"{self._tracks[0].path} ended by itself; does it hold any sound?")
        self._start_first(self._tracks[1:] + self._tracks[:1], fade_in_s=0.0)
        return True

    def close(self) -> None:
        pygame = _pygame()
        pygame.mixer.quit()
        pygame.display.quit()

    def _open(self) -> None:
        pygame = _pygame()
        if pygame.mixer.get_init():
            return
        try:
            self._watch_for_removal(pygame)
            with alsa_config_locked():
                pygame.mixer.init(RATE_HZ, -16, CHANNELS, BUFFER, self._device, allowedchanges=0)
        except pygame.error as error:
            self.close()
            which = f"speaker {self._device!r}" if self._device else "speaker"
            raise PlayerError(f"the {which} cannot be opened ({error}); see `babycryd devices`") from error
        self._start_probe(pygame)

    def _watch_for_removal(self, pygame: ModuleType) -> None:
        """Watch for the removal of the speaker; called before it is opened, so that no removal is missed."""
        pygame.display.init()  # there are no events without it
        pygame.event.set_blocked(None)
        pygame.event.set_allowed(pygame.AUDIODEVICEREMOVED)
        pygame.event.clear()

    def _start_first(self, tracks: tuple[Track, ...], fade_in_s: float) -> None:
        """Play the first readable one of `tracks`, and keep them in order from there on."""
        errors = []
        for turn, track in enumerate(tracks):
            try:
                self._start(track, fade_in_s)
            except PlayerError as error:
                logger.error("%s; it is skipped", error)  # noqa: TRY400  # its text has the details
                errors.append(str(error))
                continue
            self._tracks = tracks[turn:] + tracks[:turn]
            return
        raise PlayerError("; ".join(errors))

    def _start(self, track: Track, fade_in_s: float) -> None:
        pygame = _pygame()
        try:
            pygame.mixer.music.load(track.path)
            pygame.mixer.music.set_volume(self._volume)
            pygame.mixer.music.play(-1 if self._repeat_one else 0, fade_ms=round(fade_in_s * 1000))
        except (pygame.error, OSError) as error:
            raise PlayerError(f"{track.path} cannot be played ({error})") from error

    def _start_probe(self, pygame: ModuleType) -> None:
        silence = pygame.mixer.Sound(buffer=bytes(int(PROBE_S * RATE_HZ) * CHANNELS * 2))  # 16 bits
        pygame.mixer.Channel(0).play(silence)
        self._probe_at_s = time.monotonic()

    def _check_speaker(self, pygame: ModuleType) -> None:
        removed = [event for event in pygame.event.get() if event.which and not event.iscapture]
        if removed:
            raise PlayerError("the speaker is gone (unplugged, or its sound server ended)")
        if not pygame.mixer.Channel(0).get_busy():
            self._start_probe(pygame)
        elif time.monotonic() - self._probe_at_s > STALL_S:
            raise PlayerError("the speaker takes no more sound (suspended or stalled)")


class MixerPlayer:
    """`Player` over a `Mixer`; each call runs in one worker thread and has a time limit."""

    def __init__(self, device: str | None) -> None:
        """`device`: the speaker, as `lullaby.device` names it; None: the system's default."""
        self._mixer = Mixer(device)
        self._worker = WorkerThread("lullaby")

    async def prepare(self) -> None:
        await self._call(self._mixer.prepare, PREPARE_LIMIT_S)

    async def play(self, tracks: tuple[Track, ...], *, repeat_one: bool, volume: float, fade_in_s: float) -> Track:
        play = partial(self._mixer.play, tracks, repeat_one=repeat_one, volume=volume, fade_in_s=fade_in_s)
        try:
            return await self._call(play)
        except PlayerError:
            self._close_later()  # else the lullaby would begin once the speaker works again, though it has failed
            raise

    async def set_volume(self, volume: float) -> None:
        await self._call(partial(self._mixer.set_volume, volume))

    async def fade_out(self, fade_s: float) -> None:
        await self._call(partial(self._mixer.fade_out, fade_s))

    async def sounding(self) -> bool:
        try:
            return await self._call(self._mixer.sounding)
        except PlayerError:
            self._close_later()
            raise

    async def close(self) -> None:
        try:
            await self._call(self._mixer.close)
        finally:
            self._worker.end()

    def _close_later(self) -> None:
        """Close the speaker without waiting: on a stalled sound server this takes until it works again."""
        try:
            self._worker.begin(self._mixer.close)
        except TimeoutError:
            return  # a close waits there already

    async def _call(self, work: Callable[[], T], limit_s: float | None = None) -> T:
        try:
            return await self._worker.call(work, CALL_LIMIT_S if limit_s is None else limit_s)
        except TimeoutError:
            raise PlayerError("the sound system does not answer; is the speaker or its sound server stalled?") from None
