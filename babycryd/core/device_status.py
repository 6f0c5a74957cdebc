"""PURE. What is known of microphone and speaker, made from what they and the self-test told."""

from typing import Final

from babycryd.core.events import (
    Deaf,
    Event,
    Hearing,
    LullabyFailed,
    LullabyStarted,
    MicrophoneTroubled,
    SelfTested,
)


class DeviceStatus:
    """`note` what happens, in order."""

    HEEDS: Final[tuple[type[Event], ...]] = (
        Hearing,
        Deaf,
        MicrophoneTroubled,
        SelfTested,
        LullabyStarted,
        LullabyFailed,
    )

    def __init__(self) -> None:
        self.microphone: str | None = None  # that is heard; None: none is
        self.deaf_because: str | None = None  # None at the very beginning, too
        self.microphone_trouble: str | None = None  # why what is heard can hardly be judged
        self.speaker_trouble: str | None = None  # why the last lullaby failed
        self.self_test: SelfTested | None = None  # the last one

    def note(self, event: Event) -> None:
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
