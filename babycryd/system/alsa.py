"""ALSA's library, kept quiet and small."""

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

# Of Debian's libasound2-plugins, for surround sound: it only plays, and no microphone is built upon it. PortAudio tries
# whatever has a name, and to try this one loads the encoders of films: 14 MB and half of the time of looking.
_ENCODER: Final = b"pcm.a52"
_PATIENCE_S: Final = 0.5

_turn = threading.Lock()  # of who changes ALSA's configuration, or reads it to open a device


def silence_alsa() -> None:
    """Before PortAudio or SDL open a device: no page of text to stderr. What goes wrong is told by their own errors."""
    with suppress(OSError):  # no ALSA here: nothing to silence
        alsa = ctypes.CDLL("libasound.so.2")
        # The handler must do nothing, and must not be Python: SDL calls it from a thread of its own
        # while it holds the interpreter's lock in another. getpid takes no notice of its arguments.
        nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
        alsa.snd_lib_error_set_handler(nothing)


def forget_encoder() -> None:
    """Before PortAudio looks for devices, each time anew: it drops the configuration when it ends.

    Only from what this process has read: no file changes.
    """
    with suppress(OSError), alsa_to_oneself() as alone:
        alsa = ctypes.CDLL("libasound.so.2")
        if not alone or alsa.snd_config_update() < 0:
            return
        everything, found = ctypes.c_void_p.in_dll(alsa, "snd_config"), ctypes.c_void_p()
        if alsa.snd_config_search(everything, _ENCODER, ctypes.byref(found)) >= 0:
            alsa.snd_config_delete(found)


@contextmanager
def alsa_to_oneself() -> Iterator[bool]:
    """While ALSA's configuration is changed, or read by a device being opened. False: another's opening hangs."""
    alone = _turn.acquire(timeout=_PATIENCE_S)
    try:
        yield alone
    finally:
        if alone:
            _turn.release()
