"""PURE. Live hops: the newest sound of the ring hop by hop, and a signal in place of a microphone that is away."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from babycryd.audio.block import Mono
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.audio.ring import RingBuffer

_MOST_BEHIND: Final = SAMPLE_RATE_HZ  # samples; what is older than a second is skipped
_LOST_S: Final = 1.5  # without sound; a busy computer pauses for less
_SIGNAL_EVERY_S: Final = 9.6  # from one signal to the next: 40 hops
_SIGNAL_HZ: Final = 660.0
_SIGNAL_LEVEL: Final = 0.05  # -26 dBFS: soft, as it may wake a parent for nothing


@dataclass(frozen=True, slots=True, eq=False)
class LiveHop:
    """Hop for the listeners."""

    samples: Mono  # (HOP,), [-1, 1]
    is_signal: bool  # no sound of the room: silence, or the signal that the microphone is away


class LiveHops:
    """Reader of a ring: each `take` returns the hops that are complete since the last one."""

    def __init__(self, ring: RingBuffer, now_s: float) -> None:
        """`now_s`: a monotonic clock's reading."""
        self._ring = ring
        self._next = self._newest() // HOP * HOP  # sample with which the next hop begins
        self._given_s = now_s  # until when hops were returned, by the monotonic clock
        self._signals = 0  # hops since the microphone was lost

    def take(self, now_s: float) -> list[LiveHop]:
        """Return the hops of the room, oldest first; while the microphone is away, silence with a signal in it."""
        heard = self._heard()
        if heard:
            self._given_s, self._signals = now_s, 0
            return heard
        lost = []
        while now_s - self._given_s >= (HOP_S if self._signals else _LOST_S):
            self._given_s = self._given_s + HOP_S if self._signals else now_s
            lost.append(LiveHop(_signal(self._signals), is_signal=True))
            self._signals += 1
        return lost

    def _heard(self) -> list[LiveHop]:
        hops = list[LiveHop]()
        oldest = round(self._ring.start_s * SAMPLE_RATE_HZ)
        self._next = max(self._next, self._newest() - _MOST_BEHIND, oldest)
        while self._next + HOP <= self._newest():
            sound = self._ring.slice(self._next / SAMPLE_RATE_HZ, (self._next + HOP) / SAMPLE_RATE_HZ)
            assert sound is not None  # it is between the oldest sample and the newest
            hops.append(LiveHop(sound.samples, is_signal=False))
            self._next += HOP
        return hops

    def _newest(self) -> int:
        """Return the number of the sample behind the newest one."""
        return round(self._ring.end_s * SAMPLE_RATE_HZ)


def _signal(number: int) -> Mono:
    """Return hop `number` of a lost microphone: two soft beeps at first and every 9.6 s, silence in between."""
    if number % round(_SIGNAL_EVERY_S / HOP_S) not in (0, 2):
        return np.zeros(HOP, np.float32)
    swell = np.sin(np.linspace(0, math.pi, HOP)) ** 2
    tone = np.sin(2 * math.pi * _SIGNAL_HZ / SAMPLE_RATE_HZ * np.arange(HOP))
    beep: Mono = (_SIGNAL_LEVEL * swell * tone).astype(np.float32)
    return beep
