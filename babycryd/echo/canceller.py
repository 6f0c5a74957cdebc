"""PURE. Echo canceller: takes the sound of the own speaker out of the microphone's, while there is one.

The reference says what plays. The delay finder aligns it, the drift meter says how fast it moves away, and an adaptive
filter learns the way through the room and subtracts what comes of it. The microphone's sound passes unchanged until
a delay is found, or guessed from a self-test.
"""

from collections import deque
from dataclasses import replace
from itertools import islice
from typing import Final, Protocol

import numpy as np

from babycryd.audio.block import Hop, Mono
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.core.echo_reference import EchoReference
from babycryd.echo.delay import EARLIEST, LATEST, LEAST, LOOK, DelayFinder
from babycryd.echo.drift import FRAME, DriftMeter
from babycryd.echo.fraction import BORDER, shifted

MARGIN: Final = 1024  # samples, 64 ms: the filter begins this long before the delay that was found
MOVED: Final = 768  # samples: a delay that differs by more is another one
SEARCH_HOPS: Final = 2  # from one look to the next while a sound's delay is not found: 0.48 s
OFTEN_LOOKS: Final = 16  # looks without a delay after which they become seldom: a look costs as much as four hops do
SELDOM_HOPS: Final = 4  # the same then: 0.96 s
WATCH_HOPS: Final = 16  # the same after a delay was found, and after UNHEARD_LOOKS: 3.84 s
UNHEARD_LOOKS: Final = 28  # looks, 19 s, without a delay after which the search is called in vain
_FRAME_HOPS: Final = -(-FRAME // HOP)  # that hold a frame of the drift meter
UNHEARD: Final = "the microphone does not hear the speaker clearly enough"


class AdaptiveFilter(Protocol):
    """Filter that learns the way from the speaker to the microphone and subtracts what comes of it."""

    def cancel(self, heard: Mono, played: Mono) -> Mono:
        """Return `heard`, (HOP,), without what `played`, (HOP,), leaves in it."""

    def reset(self) -> None:
        """Forget the way."""


class EchoCanceller:
    """Canceller, one `process` a hop; between two sounds it keeps delay and drift."""

    def __init__(self, reference: EchoReference, adaptive: AdaptiveFilter) -> None:
        self.trouble: str | None = None  # why nothing is cancelled while something plays, last known
        self._reference = reference
        self._filter = adaptive
        self._finder = DelayFinder()
        self._meter = DriftMeter()
        self._recent = deque[Mono](maxlen=LOOK // HOP)  # the last hops without a gap, joined where needed
        self._delay: float | None = None  # in samples, MARGIN included; it moves with the drift
        self._sound: int | None = None  # start of the present sound, None while nothing plays
        self._hops = 0  # of the present sound
        self._found = False  # whether the delay was found in the present sound
        self._looks_in_vain = 0  # since then, or since the sound began

    @property
    def delay_s(self) -> float | None:
        """Time from the reference to the recording, 20 ms accurate; None until it was found or guessed."""
        return None if self._delay is None else (self._delay + MARGIN) / SAMPLE_RATE_HZ

    @property
    def drift_ppm(self) -> float | None:
        """Parts in a million by which the speaker's clock is slower than the microphone's; None: not measured yet."""
        return 1e6 * self._meter.drift if self._meter.known else None

    @property
    def working(self) -> bool:
        """Whether something played in the last hop."""
        return self._sound is not None

    def guess(self, delay: int) -> None:
        """Use a first guess of the delay, in samples, until the delay is found; ignored once it was.

        May be called from any thread.
        """
        if self._delay is None and EARLIEST <= delay < LATEST:
            self._delay = float(delay - MARGIN)

    def process(self, hop: Hop) -> Hop:
        """Return the hop without the own sound."""
        if hop.after_gap:
            self._recent.clear()
            self._interrupt()
        end = round(hop.at_s * SAMPLE_RATE_HZ)
        self._recent.append(hop.samples)
        start = self._reference.playing_since(end - HOP - LATEST, HOP + LATEST - EARLIEST)
        if start is None:
            self._sound = None
            return hop
        self._follow(start)
        if self._hops % self._hops_to_look() == 0:
            self._look(end)
        return hop if self._delay is None else self._cancelled(hop, end, self._delay)

    def _follow(self, start: int) -> None:
        if start != self._sound:
            if self._delay is not None:  # the start of a sound is stamped by the microphone's clock
                self._delay -= self._meter.drift * self._hops * HOP
            self._sound, self._hops = start, 0
            self._found, self._looks_in_vain = False, 0
            self._finder.forget()
            self._interrupt()
        self._hops += 1

    def _hops_to_look(self) -> int:
        """Return the number of hops from one look for the delay to the next."""
        if self._found or self._looks_in_vain >= UNHEARD_LOOKS:
            return WATCH_HOPS
        return SEARCH_HOPS if self._looks_in_vain < OFTEN_LOOKS else SELDOM_HOPS

    def _interrupt(self) -> None:
        """Note that recording or sound do not follow the last ones."""
        self._meter.interrupt()
        self._filter.reset()

    def _look(self, end: int) -> None:
        """Look for the delay in the last seconds."""
        n = HOP * len(self._recent)
        playing = None if n < LEAST else self._reference.played(end - n - LATEST, n + LATEST - EARLIEST)
        if playing is None:
            return
        found = self._finder.look(np.concatenate(self._recent), playing.samples)
        if found is None:
            self._looks_in_vain += 1
            if self._looks_in_vain >= UNHEARD_LOOKS:
                self.trouble = UNHEARD
            return
        self._found, self._looks_in_vain, self.trouble = True, 0, None
        if self._delay is None or abs(found - MARGIN - self._delay) > MOVED:
            self._delay = float(found - MARGIN)
            self._meter.interrupt()
            self._filter.reset()

    def _cancelled(self, hop: Hop, end: int, delay: float) -> Hop:
        whole = round(delay)
        playing = self._reference.played(end - FRAME - whole - BORDER, FRAME + 2 * BORDER)
        if playing is None:
            return hop
        played = playing.samples
        if len(self._recent) >= _FRAME_HOPS:
            newest = islice(reversed(self._recent), _FRAME_HOPS)
            heard = np.concatenate([*newest][::-1])[-FRAME:]
            self._meter.push(heard, played[BORDER:-BORDER], whole)
        aligned = shifted(played[-HOP - 2 * BORDER :], delay - whole, self._meter.drift)
        self._delay = delay + self._meter.drift * HOP
        clean = self._filter.cancel(hop.samples, aligned)
        # A filter that has not learnt yet may add sound
        if float(np.dot(clean, clean)) > float(np.dot(hop.samples, hop.samples)):
            return hop
        return replace(hop, samples=clean)
