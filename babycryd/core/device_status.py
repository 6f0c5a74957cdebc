"""PURE. The status of microphone and speaker, made from their events and those of the self-test."""

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
    """The last known status of microphone and speaker; `note` takes the events in order."""

    HEEDS: Final[tuple[type[Event], ...]] = (
        Hearing,
        Deaf,
        MicrophoneTroubled,
        SelfTested,
        LullabyStarted,
        LullabyFailed,
    )

    def __init__(self) -> None:
        self.microphone: str | None = None  # name of the one that delivers sound; None: none does
        self.deaf_because: str | None = None  # why no microphone delivers sound; None at the start too
        self.microphone_trouble: str | None = None  # why its sound can hardly be judged
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
