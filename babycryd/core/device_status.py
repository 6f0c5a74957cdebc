"""PURE. Status of microphone and speaker, made from their events and those of the self-test, and its checks."""

from typing import Final

from babycryd.core.check_result import CheckResult
from babycryd.core.events import Deaf, Event, Hearing, MicrophoneTroubled, SelfTested
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted


class DeviceStatus:
    """The last known status of microphone and speaker; `note` takes the events in order."""

    EVENTS: Final[tuple[type[Event], ...]] = (  # that `note` uses
        Hearing,
        Deaf,
        MicrophoneTroubled,
        SelfTested,
        LullabyStarted,
        LullabyFailed,
    )

    def __init__(self) -> None:
        self.microphone: str | None = None  # name of the microphone that delivers sound; None: none does
        self.deaf_because: str | None = None  # why no microphone delivers sound; None at the start too
        self.microphone_trouble: str | None = None  # why the sound can hardly be judged
        self.speaker_trouble: str | None = None  # why the last lullaby failed
        self.self_test: SelfTested | None = None  # the last one

    def note(self, event: Event) -> None:
        """Update the status with an event."""
        match event:
            case Hearing(microphone=microphone):
                self.microphone, self.deaf_because = microphone, None
            case Deaf(reason=reason):
                self.microphone, self.deaf_because = None, reason
            case MicrophoneTroubled(trouble=trouble):
                self.microphone_trouble = trouble
            case SelfTested():
                self.self_test = event
            case LullabyStarted():
                self.speaker_trouble = None
            case LullabyFailed(error=error):
                self.speaker_trouble = error
            case _:
                pass

    def checks(self, speaker: str | None) -> list[CheckResult]:
        """Return the results of `microphone`, `speaker` and `self_test`, in order; `speaker`: its configured name."""
        return [self._microphone_check(), self._speaker_check(speaker), self._self_test_check()]

    def _microphone_check(self) -> CheckResult:
        if self.deaf_because is not None:
            return CheckResult("microphone", good=False, text=self.deaf_because)
        if self.microphone is None:
            return CheckResult("microphone", good=None, text="starting")
        if self.microphone_trouble is not None:
            return CheckResult("microphone", good=False, text=self.microphone_trouble, advice="too_loud")
        return CheckResult("microphone", good=True, text=self.microphone)

    def _speaker_check(self, speaker: str | None) -> CheckResult:
        if self.speaker_trouble is not None:
            return CheckResult("speaker", good=False, text=self.speaker_trouble)
        return CheckResult("speaker", good=True, text="" if speaker in (None, "default") else speaker)

    def _self_test_check(self) -> CheckResult:
        test = self.self_test
        if test is None:
            return CheckResult("self_test", good=None, text="")
        if test.verdict == "failed":
            return CheckResult("self_test", good=False, text=test.text, advice="microphone")
        return CheckResult("self_test", good=True if test.verdict == "heard" else None, text=test.text)
