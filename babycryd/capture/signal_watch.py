"""PURE. Signal watch: finds the reason why a microphone delivers no sound, or a signal that clips."""

import math
from collections import deque
from typing import Final, NamedTuple

import numpy as np

from babycryd.audio.block import Mono
from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.audio.measures import clips, hum_hz, is_still

LOOK_S: Final = 1.0  # length of sound that is examined at once
HUM_LOOKS: Final = 3  # in a row with only hum make the microphone deaf
CLIP_LOOKS: Final = 3
WELL_LOOKS: Final = 10  # in a row without clipping end the trouble
RATE_S: Final = 2.0
ABSENT_S: Final = 1.0  # a pause between two looks after which the count begins anew
RATE_TOLERANCE: Final = 0.25  # blocks come in bursts; two common rates differ by a third or more
WHOLE_S: Final = 4.5  # age of the lag that the present one is compared with: a fault is found within 5 s
STEADY_S: Final = 1.6  # time for which the lag must differ
LAG_S: Final = 0.4  # least difference of the lag at a wrong rate
_TOLD_APART_BY: Final = 8  # samples
JUDGE_EVERY_S: Final = 0.4  # every other hop


class Remedies(NamedTuple):
    """What helps against the faults of a kind of source, at the end of a sentence."""

    absent: str
    stuck: str
    loud: str


AT_THE_COMPUTER: Final = Remedies(
    absent="is the microphone plugged in?",
    stuck="unplug it and plug it in again",
    loud="lower its gain (alsamixer, F4)",
)
IN_THE_NETWORK: Final = Remedies(
    absent="is it switched on and in this network?", stuck="restart it", loud="lower the gain of its microphone"
)


class _Rate:
    """Sample rate, checked by the lag of the sample count behind the clock, now and some seconds ago.

    At a wrong rate the lag keeps growing (or shrinking, where samples come too fast). Samples that a busy computer
    delivers late come in the end, and a stall as long as `STEADY_S` and `LAG_S` together is reported as such before.
    """

    def __init__(self) -> None:
        self.hz: int | None = None  # samples a second, over the last two seconds
        self.wrong = False
        self._looks = deque[_Look]()
        self._samples = 0  # since the first look
        self._judged_s = -math.inf

    @property
    def right(self) -> bool:
        """Whether the rate of the last two seconds is the right one."""
        return self.hz is not None and abs(self.hz / SAMPLE_RATE_HZ - 1) <= RATE_TOLERANCE

    def count(self, samples: int) -> None:
        self._samples += samples

    def look(self, now_s: float) -> None:
        """Judge the rate, after all samples that came until `now_s` were counted."""
        if self._looks and now_s - self._looks[-1].at_s > ABSENT_S:  # the computer slept or was too busy
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
        """Lag of the samples behind the clock, up to a constant."""
        return self.at_s - self.samples / SAMPLE_RATE_HZ


class SignalWatch:
    """Watch over a microphone's samples: finds why there is no sound, or why the sound can hardly be judged.

    There is no sound where no samples come for `stall_s`; where only zeros, one value, or one repeated block come for
    `zeros_s` (infinity switches this off); where there is only mains hum; where samples come too fast or too slowly. A
    real microphone always has some noise in its last bits. `now_s` is any clock that only goes forward.
    """

    def __init__(
        self,
        name: str,
        now_s: float,
        *,
        stall_s: float,
        zeros_s: float = math.inf,
        remote: bool = False,
        after: "SignalWatch | None" = None,
    ) -> None:
        """`remote`: samples come over a network, in bursts that say nothing of their rate.

        `after`: the watch of the stream before this one, whose last block and doubt of the rate are taken over.
        """
        self.trouble: str | None = None  # why the sound can hardly be judged
        self._name = name
        self._stall_s = stall_s
        self._zeros_s = zeros_s
        self._remote = remote
        self._remedies = IN_THE_NETWORK if remote else AT_THE_COMPUTER
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
        """Take samples, before which `lost` others were dropped; return whether they are sound."""
        self._last_block_s = now_s
        if not self._remote:
            self._rate.count(len(samples) + lost)
        if len(samples) == 0:  # a resampler holds back the first samples
            return False
        still = is_still(samples)
        self._zeros = still and not samples.any()
        sound = not (still or _repeats(samples, self.last_block))
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
        """Return the reason why there is no sound, or None."""
        if now_s - self._last_block_s >= self._stall_s:
            return f"no sound for {self._stall_s:g} s from {self._name}: {self._remedies.absent}"
        if now_s - self._last_sound_s >= self._zeros_s:
            if self._zeros:
                return f"only digital silence for {self._zeros_s:g} s from {self._name}: is it muted?"
            return f"the same samples again and again from {self._name}: {self._remedies.stuck}"
        return None if self._remote else self._wrong_rate(now_s)

    def _wrong_rate(self, now_s: float) -> str | None:
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
        """Return the reason where the only sound is mains hum, or None."""
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
            self.trouble = f"{self._name} clips, a cry can hardly be told from noise: {self._remedies.loud}"
        elif self._well >= WELL_LOOKS:
            self.trouble = None


def _repeats(samples: Mono, before: Mono) -> bool:
    """Return whether both blocks are the same; a few samples mostly show that they are not."""
    begin_alike = samples[:_TOLD_APART_BY].tobytes() == before[:_TOLD_APART_BY].tobytes()
    return begin_alike and np.array_equal(samples, before)
