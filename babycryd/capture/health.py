"""PURE. Is the microphone really delivering sound?"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from babycryd.capture.block import Mono
from babycryd.capture.signal import clips, hum_hz, is_still
from babycryd.detect.features import SAMPLE_RATE_HZ

LOOK_S: Final = 1.0  # so much sound is looked at together
HUM_LOOKS: Final = 3  # in a row, with nothing but hum
CLIP_LOOKS: Final = 3
WELL_LOOKS: Final = 10  # in a row without clipping, until it is believed
RATE_S: Final = 2.0
RATE_TOLERANCE: Final = 0.25  # blocks come in bursts; rates that are mixed up differ by a third and more


@dataclass(slots=True)
class _Rate:
    """Counts samples against the clock."""

    hz: int | None = None  # samples a second, of the last stretch
    wrong: int = 0  # stretches in a row, all too fast or all too slow: a computer that slept has one of each
    _way: int = 0
    _since_s: float | None = None
    _samples: int = 0

    def update(self, now_s: float, samples: int) -> None:
        if self._since_s is None:  # what came first was waiting already
            self._since_s = now_s
            return
        self._samples += samples
        if now_s - self._since_s >= RATE_S:
            self.hz = round(self._samples / (now_s - self._since_s))
            off = self.hz / SAMPLE_RATE_HZ - 1
            way = 0 if abs(off) <= RATE_TOLERANCE else int(math.copysign(1, off))
            self.wrong = 0 if way == 0 else self.wrong + 1 if way == self._way else 1
            self._way = way
            self._since_s, self._samples = now_s, 0


class HearingWatch:
    """Tells why nothing can be heard, or why what is heard can hardly be judged.

    Nothing: no samples for `stall_s`; only zeros, one value, or one block again and again for `zeros_s` (infinity
    never complains); nothing but mains hum; samples that come too fast or too slowly. A real microphone
    always has some noise in its last bits. `now_s` is any clock that only goes forward.
    """

    def __init__(
        self,
        name: str,
        now_s: float,
        *,
        stall_s: float,
        zeros_s: float = math.inf,
        after: "HearingWatch | None" = None,
    ) -> None:
        """`after`: of the stream before this one, whose complaint is to be heard of again before it is forgotten."""
        self.trouble: str | None = None  # why what is heard can hardly be judged
        self._name = name
        self._stall_s = stall_s
        self._zeros_s = zeros_s
        self._last_block_s = now_s
        self._last_sound_s = now_s
        self.last_block: Mono = np.zeros(0, np.float32) if after is None else after.last_block
        self._zeros = False
        self.rate_doubted: bool = after is not None and after.rate_doubted
        self._rate = _Rate()
        self._looked_at: list[Mono] = []
        self._n_looked_at = 0
        self._hum = (0, 0)  # looks in a row, Hz
        self._clipped = 0  # looks in a row
        self._well = 0

    def update(self, now_s: float, samples: Mono, *, lost: int = 0) -> bool:
        """Samples came, `lost` others before them did not; whether they can be believed to be sound."""
        self._last_block_s = now_s
        self._rate.update(now_s, len(samples) + lost)
        if self._rate.hz is not None and not self._rate.wrong:
            self.rate_doubted = False
        if len(samples) == 0:  # a resampler holds back what came first
            return False
        self._zeros = not samples.any()
        sound = not (self._zeros or is_still(samples) or np.array_equal(samples, self.last_block))
        self.last_block = samples
        if sound:
            self._last_sound_s = now_s
        self._looked_at.append(samples)
        self._n_looked_at += len(samples)
        if self._n_looked_at >= LOOK_S * SAMPLE_RATE_HZ:
            self._look(np.concatenate(self._looked_at))
            self._looked_at, self._n_looked_at = [], 0
        return sound and not self.rate_doubted

    def check(self, now_s: float) -> str | None:
        """The reason why nothing is heard, or None while all is well."""
        if now_s - self._last_block_s >= self._stall_s:
            return f"no sound for {self._stall_s:g} s from {self._name}: is the microphone plugged in?"
        if now_s - self._last_sound_s >= self._zeros_s:
            if self._zeros:
                return f"only digital silence for {self._zeros_s:g} s from {self._name}: is it muted?"
            return f"the same samples again and again from {self._name}: unplug it and plug it in again"
        if self._rate.wrong > 1:
            self.rate_doubted = True
            return (
                f"{self._name} delivers {self._rate.hz} samples a second instead of {SAMPLE_RATE_HZ}: "
                "set capture.rate_hz to its own rate (`babycryd devices`), or is this computer too busy?"
            )
        return None

    def hum(self) -> str | None:
        """The reason, where there is sound but only that of the mains."""
        looks, hz = self._hum
        if looks < HUM_LOOKS:
            return None
        return f"only mains hum ({hz} Hz) from {self._name}: is its plug or cable loose?"

    def _look(self, samples: Mono) -> None:
        hz = hum_hz(samples)
        self._hum = (self._hum[0] + 1, hz) if hz else (0, 0)
        if clips(samples):
            self._clipped, self._well = self._clipped + 1, 0
        else:
            self._clipped, self._well = 0, self._well + 1
        if self._clipped >= CLIP_LOOKS:
            self.trouble = f"{self._name} clips, a cry can hardly be told from noise: lower its gain (alsamixer, F4)"
        elif self._well >= WELL_LOOKS:
            self.trouble = None
