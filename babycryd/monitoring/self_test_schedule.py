"""PURE. Self-test schedule: when the daemon may test itself without disturbing the baby."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from babycryd.core.events import Event, SelfTested, StateChanged, WindowScored
from babycryd.core.setting import setting

QUIET_S: Final = 20.0  # time without a scored window that counts as quiet
WAIT_S: Final = 1800.0  # longest wait for quiet; then the microphone's signal is judged alone
# A bang or a busy computer may have hidden the chirp: pauses until the next attempts.
RETRY_AFTER_S: Final = (300.0, 900.0, 2700.0)


@dataclass(frozen=True, slots=True)
class SelfTestSettings:
    """Settings of the self-test: how often, and how loud."""

    every_h: float = setting(
        4.0, "How often, in quiet, the speaker plays a soft chirp for the microphone to hear; 0: never.", unit="h",
        low=0.0, high=168.0,
    )  # fmt: skip
    loudest_dbfs: float = setting(
        -34.0,
        "Peak of the loudest chirp; chirps 12 and 6 dB softer come first, and are usually enough.",
        unit="dBFS",
        low=-60.0,
        high=-24.0,
    )


class SelfTestSchedule:
    """Schedule of the self-test, made from events; `now_s` is any clock that only goes forward."""

    def __init__(self, settings: SelfTestSettings, now_s: float) -> None:
        self._every_s = settings.every_h * 3600
        self._due_s = now_s  # the first test comes as soon as it is quiet
        self._listening = False
        self._noisy_s = now_s  # time of the last sound
        self._retries_allowed = True  # False after all RETRY_AFTER_S in vain, until the speaker is heard again
        self._retries = 0  # since the speaker was heard
        self._retry_s = math.inf  # time of the next retry

    def note(self, event: Event, now_s: float) -> None:
        """Update the schedule with an event."""
        match event:
            case StateChanged(state=state):
                self._listening = state == "listening"
                self._noisy_s = now_s
            case WindowScored():
                self._noisy_s = now_s
            case SelfTested(verdict="heard"):  # of a test on command too
                self._retries_allowed, self._retries, self._retry_s = True, 0, math.inf
            case _:
                pass

    def due(self, now_s: float) -> Literal["speaker", "signal"] | None:
        """Return the test that is due now: by speaker, by signal alone, or None. None in any state but listening."""
        if self._every_s == 0 or not self._listening or now_s < min(self._due_s, self._retry_s):
            return None
        if now_s - self._noisy_s >= QUIET_S:
            return "speaker"
        return "signal" if now_s - self._due_s >= WAIT_S else None

    def done(self, now_s: float, tested: SelfTested) -> None:
        """Set the time of the next test from the result of the one that was due."""
        if now_s >= self._due_s:
            self._retries = 0
        if now_s >= self._due_s or tested.verdict == "heard":
            self._due_s = now_s + self._every_s
        self._retry_s = math.inf
        self.note(tested, now_s)
        if tested.verdict == "heard" or not self._retries_allowed:
            return
        if self._retries < len(RETRY_AFTER_S):
            self._retry_s = now_s + RETRY_AFTER_S[self._retries]
            self._retries += 1
        else:  # the speaker is off or elsewhere: no retries until it is heard again
            self._retries_allowed = False
