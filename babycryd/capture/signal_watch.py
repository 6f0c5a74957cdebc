"""PURE. Is the microphone really delivering sound?"""

import math
from collections import deque
from typing import Final, NamedTuple

import numpy as np

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.audio.measures import clips, hum_hz, is_still

LOOK_S: Final = 1.0  # so much sound is looked at together
HUM_LOOKS: Final = 3  # in a row, with nothing but hum
CLIP_LOOKS: Final = 3
WELL_LOOKS: Final = 10  # in a row without clipping, until it is believed
RATE_S: Final = 2.0
ABSENT_S: Final = 1.0  # between two looks
RATE_TOLERANCE: Final = 0.25  # blocks come in bursts; rates that are mixed up differ by a third and more
WHOLE_S: Final = 4.5  # the lag is compared with that of so long ago: with the look, within the five seconds promised
STEADY_S: Final = 1.6  # it has to be another one all this time
LAG_S: Final = 0.4
JUDGE_EVERY_S: Final = 0.2


class _Rate:
    """Counts samples against the clock: how far they lag behind it, now and some seconds ago.

    At a wrong rate the lag grows on and on (or shrinks, where they come too fast). What a busy computer delivers late
    comes in the end, and a stall as long as `STEADY_S` and `LAG_S` together has been told as such before.
    """

    def __init__(self) -> None:
        self.hz: int | None = None  # samples a second, of the last two seconds
        self.wrong = False
        self._looks = deque[_Look]()
        self._samples = 0  # since the first look
        self._judged_s = -math.inf

    @property
    def right(self) -> bool:
        """In the last two seconds."""
        return self.hz is not None and abs(self.hz / SAMPLE_RATE_HZ - 1) <= RATE_TOLERANCE

    def count(self, samples: int) -> None:
        self._samples += samples

    def look(self, now_s: float) -> None:
        """After all that has come by now was counted."""
        if self._looks and now_s - self._looks[-1].at_s > ABSENT_S:  # it slept, or had no time for us at all
            self._looks.clear()
        self._looks.append(_Look(now_s, self._samples))
        if now_s - self._judged_s >= JUDGE_EVERY_S:
            self._judged_s = now_s
            self._judge(now_s)

    def _judge(self, now_s: float) -> None:
        while self._looks[0].at_s < now_s - WHOLE_S - STEADY_S:
            self._looks.popleft()
        if now_s - self._looks[0].at_s >= RATE_S:
            first = next((each for each in reversed(self._looks) if each.at_s <= now_s - RATE_S), self._looks[0])
            self.hz = round((self._samples - first.samples) / (now_s - first.at_s))
        self.wrong = False
        if now_s - self._looks[0].at_s >= WHOLE_S:
            before = [each.lag_s for each in self._looks if each.at_s <= now_s - WHOLE_S + STEADY_S / 2]
            since = [each.lag_s for each in self._looks if each.at_s >= now_s - STEADY_S]
            self.wrong = min(since) - max(before) > LAG_S or min(before) - max(since) > LAG_S


class _Look(NamedTuple):
    at_s: float
    samples: int

    @property
    def lag_s(self) -> float:
        """Of any constant, how far the samples are behind the clock."""
        return self.at_s - self.samples / SAMPLE_RATE_HZ


class SignalWatch:
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
        after: "SignalWatch | None" = None,
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
        self._rate.count(len(samples) + lost)
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
        self._rate.look(now_s)
        if self._rate.right:
            self.rate_doubted = False
        if self._rate.wrong:
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
