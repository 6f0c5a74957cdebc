"""Keeps ALSA's library from writing to stderr: a page of it at every look for devices, and nothing of use."""

import ctypes
from contextlib import suppress


def silence_alsa() -> None:
    """Before PortAudio or SDL open a device. What goes wrong is told by their own errors."""
    with suppress(OSError):  # no ALSA here: nothing to silence
        alsa = ctypes.CDLL("libasound.so.2")
        # The handler must do nothing, and must not be Python: SDL calls it from a thread of its own
        # while it holds the interpreter's lock in another. getpid takes no notice of its arguments.
        nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
        alsa.snd_lib_error_set_handler(nothing)
