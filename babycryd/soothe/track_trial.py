"""Trial of a track: the mixer of a worker process plays its beginning into a pipe, as fast as the decoder can."""

import os
import threading
import time
from pathlib import Path
from typing import Final

from babycryd.core.printable import printable_path
from babycryd.soothe.mixer import CHANNELS, RATE_HZ, Mixer, limit_process
from babycryd.soothe.player import TrackError
from babycryd.system.worker_process import Functions

_ENOUGH_S: Final = 20.0  # of sound; a short track repeats
_LEAST_S: Final = 5.0  # of sound within _LIMIT_S: any less, and the track would stutter
_LIMIT_S: Final = 3.0
_POLL_S: Final = 0.005
_BYTES_A_SECOND: Final = RATE_HZ * CHANNELS * 2  # 16 bits


def functions() -> Functions:
    """Return what a worker process tries tracks with."""
    limit_process()
    trial = TrackTrial()
    return {"prepare": trial.prepare, "attempt": trial.attempt}


class TrackTrial:
    """Trial of tracks in a process that plays nothing else: SDL's speaker of this process becomes a pipe."""

    def __init__(self) -> None:
        self._mixer: Mixer | None = None
        self._drained_bytes = 0

    def prepare(self) -> None:
        """Do what the first attempt would wait for. Raises PlayerError where no track at all can be played here."""
        self._opened()

    def attempt(self, path: str) -> None:
        """Decode the first _ENOUGH_S of a file. Raises TrackError that says why it cannot be played."""
        mixer = self._opened()
        mixer.start(path, repeat=True, volume=0.0, fade_in_s=0.0)
        began_s, before = time.monotonic(), self._drained_bytes
        while (decoded_s := (self._drained_bytes - before) / _BYTES_A_SECOND) < _ENOUGH_S:
            if not mixer.playing():
                raise TrackError(f"{printable_path(Path(path))} cannot be played (it holds no sound)")
            if time.monotonic() - began_s > _LIMIT_S:
                break
            time.sleep(_POLL_S)
        mixer.stop()
        if decoded_s < _LEAST_S:
            raise TrackError(f"{printable_path(Path(path))} cannot be played (decoding it takes longer than it sounds)")

    def _opened(self) -> Mixer:
        if self._mixer is None:
            out, into = os.pipe()
            threading.Thread(target=self._drain, args=(out,), name="drain", daemon=True).start()
            os.environ["SDL_AUDIODRIVER"] = "disk"
            os.environ["SDL_DISKAUDIOFILE"] = f"/proc/self/fd/{into}"
            os.environ["SDL_DISKAUDIODELAY"] = "0"
            self._mixer = Mixer(None)
            self._mixer.open()
        return self._mixer

    def _drain(self, out: int) -> None:
        while content := os.read(out, 1 << 16):
            self._drained_bytes += len(content)
