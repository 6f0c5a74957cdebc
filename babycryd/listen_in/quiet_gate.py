"""PURE. Quiet gate: passes what stands out from the room's own noise, and gives silence otherwise to save power."""

from typing import Final

import numpy as np

from babycryd.audio.block import Mono
from babycryd.audio.format import HOP, HOP_S
from babycryd.detect.gate import ActivityGate, GateSettings
from babycryd.listen_in.live_hops import LiveHop

_HOLD_HOPS: Final = round(5 / HOP_S)  # so that a baby who draws breath is not cut off
_FADE: Final = 320  # samples: 20 ms, so that opening and closing do not click


class QuietGate:
    """Quiet gate: the activity gate of the detector, which stays open for five seconds after the last activity."""

    def __init__(self, settings: GateSettings) -> None:
        self._gate = ActivityGate(settings)
        self._left = 0  # hops until it closes

    def passed(self, hop: LiveHop) -> Mono:
        """Return what a listener hears of a hop, (HOP,): the hop where the gate is open, else silence."""
        if hop.is_signal:
            return hop.samples
        was_open = self._left > 0
        self._left = _HOLD_HOPS if self._gate.process(hop.samples).active else max(0, self._left - 1)
        is_open = self._left > 0
        if not was_open and not is_open:
            return np.zeros(HOP, np.float32)
        if was_open and is_open:
            return hop.samples
        ramp = np.linspace(0, 1, _FADE, dtype=np.float32)
        faded = hop.samples.copy()
        if is_open:
            faded[:_FADE] *= ramp
        else:
            faded[:_FADE] *= ramp[::-1]
            faded[_FADE:] = 0
        return faded
