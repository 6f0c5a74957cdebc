"""ALSA's library: silences its messages, removes its surround encoder, locks its configuration, knows null devices."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

# The surround sound plugin of Debian's libasound2-plugins only plays; no microphone needs it. PortAudio tries
# every named device, and trying this one loads film encoders: 14 MB, and half of the search's time.
_ENCODER: Final = b"pcm.a52"
_LOCK_LIMIT_S: Final = 0.5
_CAPTURE: Final = 1  # SND_PCM_STREAM_CAPTURE
_NONBLOCK: Final = 1  # SND_PCM_NONBLOCK

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


def is_null_device(pcm: bytes) -> bool:
    """Return whether the sound of a capture device comes from ALSA's null plugin, directly or through others.

    Its zeros come as fast as they are read. `pcm`: ALSA's name of the device, which is opened for a moment.
    """
    with suppress(OSError):
        return b"Null PCM" in _description(ctypes.CDLL("libasound.so.2"), pcm)
    return False


def _description(alsa: ctypes.CDLL, pcm: bytes) -> bytes:
    """Return ALSA's own description of a capture device and all that it is made of; empty where it does not open."""
    device, output, text = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    if alsa.snd_pcm_open(ctypes.byref(device), pcm, _CAPTURE, _NONBLOCK) < 0:
        return b""
    try:
        if alsa.snd_output_buffer_open(ctypes.byref(output)) < 0:
            return b""
        alsa.snd_pcm_dump(device, output)
        length = alsa.snd_output_buffer_string(output, ctypes.byref(text))
        found = ctypes.string_at(text, length) if text else b""
        alsa.snd_output_close(output)
        return found
    finally:
        alsa.snd_pcm_close(device)
