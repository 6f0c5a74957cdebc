"""PURE. Self-test schedule: when the daemon may test itself without disturbing the baby."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from babycryd.core.events import Event, SelfTested, StateChanged, WindowScored
from babycryd.core.setting import setting

QUIET_S: Final = 20.0  # without a window that was scored
WAIT_S: Final = 1800.0  # for such quiet; then the microphone's signal is judged alone
# A bang or a busy computer may have hidden the chirp: pauses until the next attempts.
RETRY_AFTER_S: Final = (300.0, 900.0, 2700.0)


@dataclass(frozen=True, slots=True)
class SelfTestSettings:
    """How often the daemon tests itself, and how loud."""

    every_h: float = setting(
        4.0, "How often, in quiet, the speaker plays a soft chirp for the microphone to hear; 0: never.", unit="h",
        low=0.0, high=168.0,
    )  # fmt: skip
    loudest_dbfs: float = setting(
        -34.0,
        "Peak of the loudest chirp; those that are 12 and 6 dB softer come first, and mostly are enough.",
        unit="dBFS",
        low=-60.0,
        high=-24.0,
    )


class SelfTestSchedule:
    """Decides from events when a self-test is due; `now_s` is any clock that only goes forward."""

    def __init__(self, settings: SelfTestSettings, now_s: float) -> None:
        self._every_s = settings.every_h * 3600
        self._due_s = now_s  # at the start, as soon as it is quiet
        self._listening = False
        self._noisy_s = now_s  # when there was something to hear last
        self._can_be_heard = True  # the speaker, until it was not, again and again
        self._retries = 0  # since it was heard
        self._retry_s = math.inf  # when to try again, before the next test is due

    def note(self, event: Event, now_s: float) -> None:
        match event:
            case StateChanged(state=state):
                self._listening = state == "listening"
                self._noisy_s = now_s
            case WindowScored():
                self._noisy_s = now_s
            case SelfTested(verdict="heard"):  # also of a test that was asked for
                self._can_be_heard, self._retries, self._retry_s = True, 0, math.inf
            case _:
                pass

    def due(self, now_s: float) -> Literal["speaker", "signal"] | None:
        """What to test by now, if anything: neither while it cries, soothes, snoozes or is deaf."""
        if self._every_s == 0 or not self._listening or now_s < min(self._due_s, self._retry_s):
            return None
        if now_s - self._noisy_s >= QUIET_S:
            return "speaker"
        return "signal" if now_s - self._due_s >= WAIT_S else None

    def done(self, now_s: float, tested: SelfTested) -> None:
        """Take in the result of the test that was due."""
        if now_s >= self._due_s:
            self._retries = 0
        if now_s >= self._due_s or tested.verdict == "heard":
            self._due_s = now_s + self._every_s
        self._retry_s = math.inf
        self.note(tested, now_s)
        if tested.verdict == "heard" or not self._can_be_heard:
            return
        if self._retries < len(RETRY_AFTER_S):
            self._retry_s = now_s + RETRY_AFTER_S[self._retries]
            self._retries += 1
        else:  # the speaker is off or elsewhere: no retries until it is heard again
            self._can_be_heard = False
