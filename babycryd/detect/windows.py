"""Windows of log-mel frames that overlap, each frame computed once and only while somebody wants it."""

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import (
    FRAME_HOP,
    HOP,
    N_MELS,
    WINDOW_FRAMES,
    WINDOW_SAMPLES,
    LogMelStream,
    centred,
    log_mel,
    model_frames,
    model_input,
)

# The last complete frame ends up to FRAME - FRAME_HOP samples before the end of a hop, so
# WINDOW_FRAMES frames begin this far back (on the 10 ms grid of the stream):
_LOOK_BACK = (WINDOW_FRAMES + 2) * FRAME_HOP
HISTORY_HOPS = _LOOK_BACK // HOP + 1  # at least one sample more, for the pre-emphasis


class WindowStream:
    """Remembers the last hops; turns them into frames when a window is asked for after a pause."""

    def __init__(self) -> None:
        self._hops: list[NDArray[np.float32]] = []  # the last HISTORY_HOPS
        self._frames: NDArray[np.float32] | None = None  # (WINDOW_FRAMES, N_MELS) while running
        self._stream = LogMelStream()

    def skip(self, hop: NDArray[np.float32]) -> None:
        """A hop nobody wants a window for: remember it, compute nothing."""
        self._remember(hop)
        self._frames = None

    def window(self, hop: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The model's input for the window that ends with this hop; None while the stream is too young."""
        self._remember(hop)
        if len(self._hops) < HISTORY_HOPS:
            return None
        if self._frames is None:
            self._frames = self._resume()
        else:
            new = model_frames(self._stream.push(hop))
            self._frames = np.concatenate((self._frames[len(new) :], new))
        return centred(self._frames)

    def short_window(self, rest: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The one window of a stream that ended before its first: its sound, repeated to fill it.

        `rest` are the samples that did not fill a hop. None where a window has been possible
        already, or where there is no sound at all.
        """
        sound = np.concatenate([*self._hops, rest])[-WINDOW_SAMPLES:]
        if len(self._hops) >= HISTORY_HOPS or len(sound) == 0:
            return None
        return model_input(log_mel(np.resize(sound, WINDOW_SAMPLES)))

    def clear(self) -> None:
        """Forget everything: the next hop does not follow the last one."""
        self._hops.clear()
        self._frames = None

    def _remember(self, hop: NDArray[np.float32]) -> None:
        self._hops.append(hop)
        del self._hops[:-HISTORY_HOPS]

    def _resume(self) -> NDArray[np.float32]:
        past = np.concatenate(self._hops)
        self._stream = LogMelStream(previous=float(past[-_LOOK_BACK - 1]))
        frames = self._stream.push(past[-_LOOK_BACK:])
        assert frames.shape == (WINDOW_FRAMES, N_MELS)
        return model_frames(frames)
