"""From hops of samples to what the classifier hears: each frame computed once, and only while somebody listens."""

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import N_MELS, WINDOW_FRAMES, WINDOW_SAMPLES, Leveller, LogMelStream, log_mel

Samples = NDArray[np.float32]
Frames = NDArray[np.float32]  # (HOP_FRAMES, N_MELS) from `Leveller`

# The classifier looks back 8 hops, and its convolutions a little further; what it hears after a pause starts here.
HISTORY_HOPS = 10
LEAST_HOPS = WINDOW_FRAMES // HOP_FRAMES  # after a beginning: a shorter sound is no window


class ContextStream:
    """Remembers the last hops; catches up on them when somebody listens again after a pause."""

    def __init__(self) -> None:
        self._hops: list[Samples] = []  # the last HISTORY_HOPS - 1, oldest first
        self._stream: LogMelStream | None = None  # while running
        self._leveller = Leveller()

    @property
    def running(self) -> bool:
        """Whether the next hop's frames follow those of the last one."""
        return self._stream is not None

    @property
    def enough(self) -> bool:
        """Whether the sound since the last gap makes a window: then the classifier's score of the last hop counts."""
        return len(self._hops) >= LEAST_HOPS

    @property
    def recent(self) -> list[Samples]:
        """The remembered hops, oldest first."""
        return list(self._hops)

    def rest(self) -> None:
        """Somebody else made the classifier hear something: begin again as after a pause."""
        self._stream = None

    def skip(self, hop: Samples) -> None:
        """A hop nobody listens to: remember it, compute nothing."""
        self._remember(hop)
        self._stream = None

    def push(self, hop: Samples) -> list[Frames]:
        """A hop (HOP,) -> the frames to hear next: after a pause those of the remembered hops first."""
        unheard = [hop]
        if self._stream is None:
            unheard = [*self._hops, hop]
            self._stream, self._leveller = LogMelStream(), Leveller()
        self._remember(hop)
        return [self._leveller.push(_whole_hop(self._stream.push(one))) for one in unheard]

    def short_clip(self, rest: Samples) -> list[Frames]:
        """The frames of a stream that ended before its first window: its sound, repeated to fill one.

        `rest` are the samples that did not fill a hop. Empty where a window has been possible
        already, or where there is no sound at all.
        """
        sound = np.concatenate([*self._hops, rest])
        if self.enough or len(sound) == 0:
            return []
        filled = log_mel(np.resize(sound, WINDOW_SAMPLES)).reshape(LEAST_HOPS, HOP_FRAMES, N_MELS)
        leveller = Leveller()
        return [leveller.push(hop) for hop in filled]

    def clear(self) -> None:
        """Forget everything: the next hop does not follow the last one."""
        self._hops.clear()
        self._stream = None

    def _remember(self, hop: Samples) -> None:
        self._hops.append(hop)
        del self._hops[: -(HISTORY_HOPS - 1)]


def _whole_hop(frames: NDArray[np.floating]) -> NDArray[np.floating]:
    """A stream's first hop completes two frames less, as they overlap its end: its first one stands for them."""
    missing = HOP_FRAMES - len(frames)
    return np.concatenate((np.repeat(frames[:1], missing, axis=0), frames)) if missing else frames
