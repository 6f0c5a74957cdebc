"""Mixer over pygame that detects a lost speaker; the daemon runs it in a worker process, see mixer_player.

Sound files are decoded only there. A file on which a decoder crashes, spins or fills the memory costs that process,
never the daemon.

When the sound server or the card goes away, SDL goes on without a sound: `get_busy()` stays True and even `get_pos()`
advances, as it adds the clock's time. So two other signs are watched: SDL's event that an open device was removed, and
a short silent sound that the mixer must finish in time.
"""

import atexit
import importlib
import os
import time
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

from babycryd.core.printable import printable, printable_path
from babycryd.soothe.player import PlayerError, TrackError
from babycryd.soothe.tracks import HEAD_BYTES, KINDS, is_sound
from babycryd.system.alsa import alsa_config_locked, silence_alsa
from babycryd.system.isolated_process import give_way, limit_memory
from babycryd.system.worker_process import Functions

RATE_HZ = 44_100  # as the shipped sounds
CHANNELS = 2
BUFFER = 2048  # samples: 46 ms; half as many cost SDL twice the CPU, twice as many delay the start
PROBE_S = 0.2  # length of the silent sound
STALL_S = 1.5  # longest time for the silent sound to end
MOST_BYTES: Final = 256 << 20  # of memory that the process may write to; some 30 MB are usual
_OOM_SCORE: Final = 1000  # a lullaby is the first that a computer without memory can do without
_BY_CONTENT = "?"  # no ending that pygame knows: SDL looks at the file's first bytes


def functions(device: str | None = None) -> Functions:
    """Return what a worker process plays with; `device`: the speaker, None: the system's default."""
    limit_process()
    mixer = Mixer(device)
    calls = (mixer.prepare, mixer.open, mixer.start, mixer.set_volume, mixer.fade_out, mixer.sounding, mixer.close)
    return {call.__name__: call for call in calls}


def limit_process() -> None:
    """Let this process take little memory, and be the first to go when memory is short."""
    limit_memory(MOST_BYTES)
    give_way(_OOM_SCORE)


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
        self._fading_out = False
        self._probe_at_s = 0.0  # monotonic

    def prepare(self) -> None:
        _pygame()

    def check(self) -> None:
        """Open the speaker and close it again."""
        try:
            self.open()
        finally:
            self.close()

    def open(self) -> None:
        """Open the speaker where it is closed."""
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

    def start(self, file: str, *, repeat: bool, volume: float, fade_in_s: float) -> None:
        """Play a file over the open speaker, once or again and again. Raises TrackError where it cannot be read."""
        pygame, path = _pygame(), Path(file)
        self._fading_out = False
        try:
            pygame.mixer.music.stop()  # else `load` waits until the one before has faded out
            pygame.mixer.music.load(os.fsencode(path), _kind(path))
            pygame.mixer.music.set_volume(volume)
            pygame.mixer.music.play(-1 if repeat else 0, fade_ms=round(fade_in_s * 1000))
        except pygame.error as error:
            raise TrackError(f"{printable_path(path)} cannot be played ({printable(str(error))})") from error

    def set_volume(self, volume: float) -> None:
        pygame = _pygame()
        if pygame.mixer.get_init():
            pygame.mixer.music.set_volume(volume)

    def fade_out(self, fade_s: float) -> None:
        self._fading_out = True
        pygame = _pygame()
        if pygame.mixer.get_init():
            pygame.mixer.music.fadeout(max(1, round(fade_s * 1000)))

    def sounding(self) -> bool:
        """Return whether a file plays; close the speaker when it has faded out."""
        pygame = _pygame()
        if not pygame.mixer.get_init():
            return False
        self._check_speaker(pygame)
        if pygame.mixer.music.get_busy():
            return True
        if self._fading_out:
            self.close()
        return False

    def playing(self) -> bool:
        """Return whether the file that was started has not come to its end; the speaker is open."""
        return bool(_pygame().mixer.music.get_busy())

    def stop(self) -> None:
        """Stop the file at once and let go of it; the speaker stays open."""
        _pygame().mixer.music.unload()

    def close(self) -> None:
        pygame = _pygame()
        pygame.mixer.quit()
        pygame.display.quit()

    def _watch_for_removal(self, pygame: ModuleType) -> None:
        """Watch for the removal of the speaker; called before it is opened, so that no removal is missed."""
        pygame.display.init()  # there are no events without it
        pygame.event.set_blocked(None)
        pygame.event.set_allowed(pygame.AUDIODEVICEREMOVED)
        pygame.event.clear()

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


def _kind(path: Path) -> str:
    """Return pygame's hint for the format of a file: the content counts, not the ending. Raises TrackError.

    An MP3 may begin with anything, so a file of that name is given to the MP3 decoder. Any other unknown content is
    refused: SDL would try decoders on it that no lullaby needs.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise TrackError(f"{printable_path(path)} cannot be played ({error.strerror})") from error
    if is_sound(head):
        return _BY_CONTENT
    if path.suffix.lower() == ".mp3" and head:
        return "mp3"
    raise TrackError(f"{printable_path(path)} cannot be played (no {KINDS}): convert it, ffmpeg -i OLD NEW.ogg")
