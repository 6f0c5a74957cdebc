"""Keeps ALSA's library from writing to stderr: a page of it at every look for devices, and nothing of use."""

import ctypes
from contextlib import suppress
from functools import cache
from typing import Any

# void (*snd_lib_error_handler_t)(const char *file, int line, const char *function, int err, const char *fmt, ...)
_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)


@cache
def silence_alsa() -> Any:
    """Once, before PortAudio is loaded. What goes wrong is told by PortAudio's own errors."""
    handler = _Handler(lambda *_: None)
    with suppress(OSError):  # no ALSA here: nothing to silence
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(handler)
    return handler  # kept by the cache: ALSA goes on calling it
