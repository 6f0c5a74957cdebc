"""Adaptive filter of libspeexdsp, called through ctypes; Debian's package `libspeexdsp1`, 95 kB, BSD licence."""

import ctypes
import ctypes.util
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ

FRAME: Final = 320  # samples, 20 ms: the canceller works in frames of this length
TAIL: Final = 4096  # samples, 256 ms: the longest way from speaker to microphone, with the echo of the room
PACKAGE: Final = "libspeexdsp1"
_NAME: Final = "libspeexdsp.so.1"
_SET_SAMPLING_RATE: Final = 24  # SPEEX_ECHO_SET_SAMPLING_RATE of speex_echo.h
_FULL_SCALE: Final = 32768.0
Pcm = NDArray[np.int16]


class SpeexError(Exception):
    """The library cannot be used; the text names it, the reason and the remedy."""


def load() -> Any:
    """Return the library. Raises SpeexError."""
    try:
        library = ctypes.CDLL(_NAME)
        library.speex_echo_state_init.restype = ctypes.c_void_p
        library.speex_echo_state_init.argtypes = [ctypes.c_int, ctypes.c_int]
        library.speex_echo_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        library.speex_echo_cancellation.restype = None
        library.speex_echo_cancellation.argtypes = [ctypes.c_void_p] * 4
        library.speex_echo_state_reset.restype = library.speex_echo_state_destroy.restype = None
        library.speex_echo_state_reset.argtypes = library.speex_echo_state_destroy.argtypes = [ctypes.c_void_p]
    except (OSError, AttributeError) as error:
        raise SpeexError(f"{_NAME} cannot be loaded ({error}): sudo apt install {PACKAGE}") from error
    return library


class SpeexFilter:
    """`AdaptiveFilter` of libspeexdsp: mono, FRAME samples a frame, TAIL samples long; for one thread at a time."""

    def __init__(self) -> None:
        """Raise SpeexError where the library is missing or has no memory."""
        self._library = load()
        self._state = self._library.speex_echo_state_init(FRAME, TAIL)
        if not self._state:
            raise SpeexError(f"{_NAME} has no memory for its filter")
        rate = ctypes.c_int(SAMPLE_RATE_HZ)
        self._library.speex_echo_ctl(self._state, _SET_SAMPLING_RATE, ctypes.byref(rate))

    def __del__(self) -> None:
        if getattr(self, "_state", None):
            self._library.speex_echo_state_destroy(self._state)

    def reset(self) -> None:
        self._library.speex_echo_state_reset(self._state)

    def cancel(self, heard: NDArray[np.float32], played: NDArray[np.float32]) -> NDArray[np.float32]:
        near, far = _pcm(heard), _pcm(played)
        out = np.empty_like(near)
        near_at, far_at, out_at = near.ctypes.data, far.ctypes.data, out.ctypes.data
        for at in range(0, near.nbytes, FRAME * near.itemsize):
            self._library.speex_echo_cancellation(self._state, near_at + at, far_at + at, out_at + at)
        return out.astype(np.float32) * np.float32(1 / _FULL_SCALE)


def _pcm(samples: NDArray[np.float32]) -> Pcm:
    return np.asarray(np.rint(np.clip(samples * np.float32(_FULL_SCALE), -32768, 32767)), np.int16)
