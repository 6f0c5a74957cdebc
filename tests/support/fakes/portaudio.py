"""A small PortAudio for one imaginary device, with the part of sounddevice's interface that the microphone uses.

In `sys.modules` it takes sounddevice's place, freshly loaded for each test. Tests set the module's variables and
speak through the open stream: `stream().hear(samples)`.
"""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

accepted: set[tuple[int, int]] = {(16_000, 1)}  # rate and channels that the device opens with
present = True
may_close = threading.Event()  # close() waits for it
may_close.set()
initialised = 1  # how often PortAudio was started
streams: list["RawInputStream"] = []

DEVICE: dict[str, Any] = {"name": "Imaginary USB", "index": 3, "max_input_channels": 2, "default_samplerate": 48_000.0}
devices: list[dict[str, Any]] = [DEVICE]  # the first one is the default


null_devices: set[str] = set()  # names of ALSA's null devices


class PortAudioError(Exception):
    pass


async def try_portaudio() -> frozenset[str]:
    """What the microphone asks before it starts PortAudio; this one starts well."""
    return frozenset(null_devices)


def _terminate() -> None:
    assert all(each.closed for each in streams)


def _initialize() -> None:
    global initialised  # noqa: PLW0603  # as PortAudio is: one for the process
    initialised += 1


def query_devices(device: object = None, kind: str | None = None) -> Any:
    there = devices if present else []
    if kind is None:
        return there
    assert device is None, "names are looked up by us"
    if not there:
        raise PortAudioError("Error querying device -1")
    return there[0]


class RawInputStream:
    def __init__(
        self,
        *,
        device: int,
        samplerate: int,
        channels: int,
        blocksize: int,
        callback: Callable[[Any, int, Any, object], None],
        finished_callback: Callable[[], None],
        **_unused: object,
    ) -> None:
        if (samplerate, channels) not in accepted:
            raise PortAudioError("Invalid sample rate")
        self.device = device
        self.rate_hz, self.channels, self.blocksize = samplerate, channels, blocksize
        self.callback, self.finished = callback, finished_callback
        self.closed = False
        streams.append(self)

    def start(self) -> None:
        pass

    def hear(self, samples: NDArray[np.int16], status: object = None) -> None:
        """(frames, channels) reach the microphone."""
        self.callback(memoryview(samples.tobytes()), len(samples), None, status)

    def abort(self, **_unused: object) -> None:
        may_close.wait(5)

    def close(self, **_unused: object) -> None:
        self.closed = True


def stream() -> RawInputStream:
    return streams[-1]


def _exit_handler() -> None:
    """What the real one has registered to be called at the end of the process."""
    _terminate()
