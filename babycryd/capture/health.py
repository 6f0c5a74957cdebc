"""PURE. Is the microphone really delivering sound?"""

import math


class HearingWatch:
    """Tells why nothing can be heard: no samples for `stall_s`, or only zeros for `zeros_s`.

    A real microphone always has some noise in its last bits; nothing but zeros is a muted or
    broken one. `zeros_s` = infinity never complains about zeros. `now_s` is any clock that
    only goes forward.
    """

    def __init__(self, name: str, now_s: float, *, stall_s: float, zeros_s: float = math.inf) -> None:
        self._name = name
        self._stall_s = stall_s
        self._zeros_s = zeros_s
        self._last_block_s = now_s
        self._last_sound_s = now_s

    def update(self, now_s: float, *, all_zero: bool) -> None:
        """Samples came."""
        self._last_block_s = now_s
        if not all_zero:
            self._last_sound_s = now_s

    def check(self, now_s: float) -> str | None:
        """The reason why nothing is heard, or None while all is well."""
        if now_s - self._last_block_s >= self._stall_s:
            return f"no sound for {self._stall_s:g} s from {self._name}: is the microphone plugged in?"
        if now_s - self._last_sound_s >= self._zeros_s:
            return f"only digital silence for {self._zeros_s:g} s from {self._name}: is it muted?"
        return None
