"""Trial of a track: the mixer of a worker process plays its beginning into a pipe, as fast as the decoder can."""

import os
import threading
import time
from pathlib import Path
from typing import Final

import numpy as np

from babycryd.audio.a_weighting import a_weighted_dbfs, loud_level_dbfs
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
        self._levels_dbfs: list[float] = []  # of each second that the mixer has played

    def prepare(self) -> None:
        """Do what the first attempt would wait for. Raises PlayerError where no track at all can be played here."""
        self._opened()

    def attempt(self, path: str) -> float:
        """Decode the first _ENOUGH_S of a file; return its A-weighted level in dBFS, of the louder half of its seconds.

        Raises TrackError that says why it cannot be played.
        """
        mixer = self._opened()
        self._levels_dbfs.clear()
        mixer.start(path, repeat=True, volume=1.0, fade_in_s=0.0)
        began_s, before = time.monotonic(), self._drained_bytes
        while (decoded_s := (self._drained_bytes - before) / _BYTES_A_SECOND) < _ENOUGH_S:
            if not mixer.playing():
                raise TrackError(f"{printable_path(Path(path))} cannot be played (it holds no sound)")
            if time.monotonic() - began_s > _LIMIT_S:
                break
            time.sleep(_POLL_S)
        mixer.stop()
        levels_dbfs = list(self._levels_dbfs)
        if decoded_s < _LEAST_S:
            raise TrackError(f"{printable_path(Path(path))} cannot be played (decoding it takes longer than it sounds)")
        return loud_level_dbfs(levels_dbfs)

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
        second = bytearray()
        while content := os.read(out, 1 << 16):
            self._drained_bytes += len(content)
            second += content
            while len(second) >= _BYTES_A_SECOND:
                samples = np.frombuffer(bytes(second[:_BYTES_A_SECOND]), "<i2").reshape(-1, CHANNELS).mean(axis=1)
                self._levels_dbfs.append(a_weighted_dbfs(samples / 32_768, RATE_HZ))
                del second[:_BYTES_A_SECOND]
