"""PURE. Arrival of a network stream: how its clock drifts, and what of its sound never came."""

import math
from collections import deque
from typing import Final

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ

SPAN_S: Final = 10.0  # for the least delay of a span: Wi-Fi delivers late, and then all at once
SPANS: Final = 360  # kept: an hour
LEAST_SPANS: Final = 60  # the jitter of a span, 10 ms, is 30 ppm of ten minutes
STEP_S: Final = 0.25  # between the least delays of two spans: more than jitter, and than any drift
WRONG_SPANS: Final = 3  # in a row with a step to the same side mean a wrong sample rate


class ArrivalWatch:
    """Watch over the arrival of samples; `now_s` is any clock that only goes forward.

    The least lag of the samples behind the clock in each span tells three things. A slope is the drift of the sender's
    clock. One step up is sound that the sender or the network has dropped. Steps again and again are a wrong rate.
    """

    def __init__(self) -> None:
        self.wrong_rate: float | None = None  # times as many samples as time passes; None: the rate is right
        self._lost_s = 0.0  # found, and not taken yet
        self._least = deque[tuple[float, float]](maxlen=SPANS)  # time, least lag without the steps before it
        self._began_s = -math.inf  # of the running span
        self._least_now = (0.0, math.inf)
        self._sound_s = 0.0  # that has come; steps are added to it
        self._steps = 0  # in a row; below 0: down

    @property
    def drift_ppm(self) -> float | None:
        """Rate of the sender's clock against ours, parts in a million; above 0: it is fast. None: not known yet."""
        if len(self._least) < LEAST_SPANS:
            return None
        at_s, lag_s = np.array(self._least).T
        return float(-1e6 * np.polyfit(at_s - at_s[0], lag_s, 1)[0])

    def trouble(self, name: str) -> str | None:
        """Return the text of a wrong sample rate; `name`: of the source. None where the rate is right."""
        if self.wrong_rate is None:
            return None
        times = f"{self.wrong_rate:.1f} times as much sound as time passes"
        return f"{name} delivers {times}: does it tell its true sample rate?"

    def note(self, now_s: float, samples: int) -> None:
        """Count samples, those known to be lost included, that have come by now."""
        if self._began_s == -math.inf:
            self._began_s = now_s
        self._sound_s += samples / SAMPLE_RATE_HZ
        lag_s = now_s - self._sound_s
        if lag_s < self._least_now[1]:
            self._least_now = (now_s, lag_s)
        if now_s - self._began_s >= SPAN_S:
            self._end_span(now_s)

    def take_lost(self) -> int:
        """Return how many samples were found to be missing since the last call."""
        lost_s, self._lost_s = self._lost_s, 0.0
        return round(lost_s * SAMPLE_RATE_HZ)

    def reopened(self) -> None:
        """Begin anew with the next sample: the stream was opened again."""
        self._least.clear()
        self._began_s, self._least_now, self._steps = -math.inf, (0.0, math.inf), 0
        self.wrong_rate = None

    def _end_span(self, now_s: float) -> None:
        at_s, least_s = self._least_now
        if self._least:
            step_s = least_s - self._least[-1][1]
            self._judge(step_s, at_s - self._least[-1][0])
            if abs(step_s) > STEP_S:
                self._sound_s += step_s
                least_s -= step_s
                self._lost_s += max(0.0, step_s)
        self._least.append((at_s, least_s))
        self._began_s, self._least_now = now_s, (0.0, math.inf)

    def _judge(self, step_s: float, passed_s: float) -> None:
        if abs(step_s) <= STEP_S or passed_s <= 0:
            self._steps, self.wrong_rate = 0, None
            return
        up = step_s > 0
        self._steps = (max(0, self._steps) + 1) if up else (min(0, self._steps) - 1)
        if abs(self._steps) >= WRONG_SPANS:
            self.wrong_rate = 1 - step_s / passed_s
