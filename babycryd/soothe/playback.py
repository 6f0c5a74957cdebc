"""PURE. Playback: one sound that the mixer plays, with its volume and fades by time."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Playback:
    """A sound from its start to its end; times are samples of 16 kHz in stream time."""

    file: str
    start: int
    repeat: bool  # the file again and again, or once
    fade_in: int  # samples, from silence to the volume
    volumes: tuple[tuple[int, float], ...]  # from which time on, which volume, 0..1; the first one from `start` on
    fade_out: tuple[int, int] | None = None  # when it begins, and how long it takes, at least one sample
    end: int | None = None  # it is silent from here on; None: it still plays

    def at_volume(self, at: int, volume: float) -> Self:
        """Return it with another volume from `at` on."""
        return replace(self, volumes=(*self.volumes, (at, volume)))

    def fading_out(self, at: int, length: int) -> Self:
        """Return it with a fade to silence in `length` samples from `at` on, which ends it."""
        return replace(self, fade_out=(at, max(1, length)), end=at + max(1, length))

    def ended(self, at: int) -> Self:
        """Return it with an end at `at`, or at its earlier one."""
        return replace(self, end=at if self.end is None else min(at, self.end))

    def sounds_in(self, first: int, n: int) -> bool:
        """Return whether it plays in any of the `n` samples from `first` on."""
        return first + n > self.start and (self.end is None or first < self.end)

    def steady_gain(self, first: int, n: int) -> float | None:
        """Return the factor of the `n` samples from `first` on where it is one for all of them, else None.

        Before and after the sound it may be any: there is no sound to which it applies.
        """
        if self.fade_in and first < self.start + self.fade_in:
            return None
        if self.fade_out is not None and first + n > self.fade_out[0]:
            return None
        earlier = [volume for at, volume in self.volumes if at <= first]
        changes = any(first < at < first + n for at, _ in self.volumes[1:])
        return None if changes else (earlier[-1] if earlier else self.volumes[0][1])

    def gains(self, first: int, n: int) -> NDArray[np.float32]:
        """Return the factor of each of the `n` samples from `first` on, (n,), 0 before and after the sound."""
        at = np.arange(first, first + n)
        changes = np.array([change for change, _ in self.volumes])
        volumes = np.array([volume for _, volume in self.volumes], np.float32)
        gains = volumes[np.maximum(np.searchsorted(changes, at, "right") - 1, 0)]
        if self.fade_in and first < self.start + self.fade_in:
            gains *= np.clip((at - self.start) / self.fade_in, 0, 1).astype(np.float32)
        if self.fade_out is not None and first + n > self.fade_out[0]:
            begins, length = self.fade_out
            gains *= np.clip(1 - (at - begins) / length, 0, 1).astype(np.float32)
        gains[at < self.start] = 0.0
        if self.end is not None:
            gains[at >= self.end] = 0.0
        return gains
