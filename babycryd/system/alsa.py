"""ALSA's library: silences its messages, removes its surround encoder, locks its configuration."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

# The surround sound plugin of Debian's libasound2-plugins only plays; no microphone needs it. PortAudio tries
# every named device, and trying this one loads film encoders: 14 MB, and half of the search's time.
_ENCODER: Final = b"pcm.a52"
_LOCK_LIMIT_S: Final = 0.5

_config_lock = threading.Lock()  # held while ALSA's configuration is changed, or read to open a device


def silence_alsa() -> None:
    """Silence ALSA's messages on stderr; PortAudio and SDL raise errors instead. Call it before they open a device."""
    with suppress(OSError):  # no ALSA here: nothing to silence
        alsa = ctypes.CDLL("libasound.so.2")
        # The handler must do nothing, and must not be Python: SDL calls it from a thread of its own
        # while it holds the interpreter's lock in another. getpid ignores its arguments.
        nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
        alsa.snd_lib_error_set_handler(nothing)


def remove_surround_encoder() -> None:
    """Remove the surround encoder from the configuration that this process has read; no file changes.

    Call it each time before PortAudio searches for devices: PortAudio drops the configuration when it ends.
    """
    with suppress(OSError), alsa_config_locked() as locked:
        alsa = ctypes.CDLL("libasound.so.2")
        if not locked or alsa.snd_config_update() < 0:
            return
        everything, found = ctypes.c_void_p.in_dll(alsa, "snd_config"), ctypes.c_void_p()
        if alsa.snd_config_search(everything, _ENCODER, ctypes.byref(found)) >= 0:
            alsa.snd_config_delete(found)


@contextmanager
def alsa_config_locked() -> Iterator[bool]:
    """Hold the lock on ALSA's configuration; yield False where it was not free within _LOCK_LIMIT_S."""
    locked = _config_lock.acquire(timeout=_LOCK_LIMIT_S)
    try:
        yield locked
    finally:
        if locked:
            _config_lock.release()
