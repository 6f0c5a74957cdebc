"""A room between the speaker and the microphone of a virtual sound card: its reflections, and another clock."""

import contextlib
import subprocess
import threading
from types import TracebackType
from typing import IO, Final, Self

import numpy as np
import soxr
from numpy.typing import NDArray

from tests.support.sound_card import SoundCard

_RATE_HZ: Final = 48_000
_PIECE: Final = 960  # samples, 20 ms
_REFLECTIONS: Final = 24
_LONGEST_S: Final = 0.12
_FORM: Final = ("--raw", "--format=s16le", f"--rate={_RATE_HZ}", "--channels=1", "--latency-msec=60")


class EchoRoom:
    """`with EchoRoom(card, gain=0.5, drift_ppm=40.0):` lets the card's speaker be heard in its room meanwhile.

    `gain` is that of the direct sound; `drift_ppm` is by how much the speaker's clock is faster.
    """

    def __init__(self, card: SoundCard, *, gain: float, drift_ppm: float) -> None:
        self._env = card.env
        self._gain = gain
        self._clock = soxr.ResampleStream(_RATE_HZ, _RATE_HZ * (1 - drift_ppm * 1e-6), 1, dtype="float32")

    def __enter__(self) -> Self:
        self._ear = subprocess.Popen(
            ["parec", "--device=speaker.monitor", *_FORM], stdout=subprocess.PIPE, env=self._env
        )
        self._mouth = subprocess.Popen(
            ["pacat", "--playback", "--device=room", *_FORM], stdin=subprocess.PIPE, env=self._env
        )
        assert self._ear.stdout is not None
        assert self._mouth.stdin is not None
        self._thread = threading.Thread(target=self._carry, args=(self._ear.stdout, self._mouth.stdin), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in (self._ear, self._mouth):
            process.kill()
            process.wait()
        self._thread.join()
        for pipe in (self._ear.stdout, self._mouth.stdin):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _carry(self, played: IO[bytes], heard: IO[bytes]) -> None:
        """Take what the speaker plays through the room, until the programs end."""
        rng = np.random.default_rng(0)
        delays = np.sort(rng.integers(1, round(_LONGEST_S * _RATE_HZ), _REFLECTIONS))
        gains = 0.4 * rng.choice([-1.0, 1.0], _REFLECTIONS) * np.exp(-delays / (0.03 * _RATE_HZ))
        past: NDArray[np.float32] = np.zeros(int(delays[-1]), np.float32)
        while len(raw := played.read(2 * _PIECE)) == 2 * _PIECE:
            direct = np.frombuffer(raw, "<i2").astype(np.float32) * np.float32(self._gain)
            whole = np.concatenate([past, direct])
            sum_ = direct.copy()
            for delay, gain in zip(delays, gains, strict=True):
                sum_ += np.float32(gain) * whole[len(past) - delay : len(whole) - delay]
            past = whole[_PIECE:]
            out = np.clip(self._clock.resample_chunk(sum_), -32768, 32767)
            try:
                heard.write(np.rint(out).astype("<i2").tobytes())
                heard.flush()
            except BrokenPipeError:
                return
