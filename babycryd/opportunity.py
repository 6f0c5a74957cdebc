"""PURE. When the daemon may test itself without disturbing anybody."""

from dataclasses import dataclass
from typing import Final, Literal

from babycryd.events import Event, StateChanged, WindowScored
from babycryd.settings import setting

QUIET_S: Final = 20.0  # without a sound that the classifier was asked about
WAIT_S: Final = 1800.0  # for such quiet; then the microphone's signal has to do


@dataclass(frozen=True, slots=True)
class SelfTestSettings:
    """How often, and how loud."""

    every_h: float = setting(
        4.0, "So often, when it is quiet, the speaker's chirp is looked for in the microphone; 0: never.", unit="h",
        low=0.0, high=168.0,
    )  # fmt: skip
    loudest_dbfs: float = setting(
        -34.0,
        "Peak of the loudest chirp; those that are 12 and 6 dB softer come first, and mostly are enough.",
        unit="dBFS",
        low=-60.0,
        high=-24.0,
    )


class Opportunity:
    """Told of every event; `now_s` is any clock that only goes forward."""

    def __init__(self, settings: SelfTestSettings, now_s: float) -> None:
        self._every_s = settings.every_h * 3600
        self._due_s = now_s  # at the start, as soon as it is quiet
        self._listening = False
        self._noisy_s = now_s  # when there was something to hear last

    def note(self, event: Event, now_s: float) -> None:
        match event:
            case StateChanged(state=state):
                self._listening = state == "listening"
                self._noisy_s = now_s
            case WindowScored():
                self._noisy_s = now_s
            case _:
                pass

    def due(self, now_s: float) -> Literal["speaker", "signal"] | None:
        """What to test by now, if anything: neither while it cries, soothes, snoozes or is deaf."""
        if self._every_s == 0 or not self._listening or now_s < self._due_s:
            return None
        if now_s - self._noisy_s >= QUIET_S:
            return "speaker"
        return "signal" if now_s - self._due_s >= WAIT_S else None

    def done(self, now_s: float) -> None:
        """It was tested."""
        self._due_s = now_s + self._every_s
