"""PURE. The events that describe the present, for a subscriber that begins late."""

from typing import Final

from babycryd.core.alert import AlertChanged
from babycryd.core.events import (
    ControlsChanged,
    CryEnded,
    CryStarted,
    Deaf,
    Event,
    HealthMeasured,
    Hearing,
    MicrophoneTroubled,
    SelfTested,
    StateChanged,
)
from babycryd.core.live_sound import ListenersChanged
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped, SoothingLearnt, SoothingStep
from babycryd.core.stirring_events import StirringEnded, StirringStarted

# By kind of an event that holds until the next one: its subject
_LASTING: Final[dict[type[Event], str]] = {
    Hearing: "microphone",
    Deaf: "microphone",
    MicrophoneTroubled: "trouble",
    SelfTested: "self-test",
    ControlsChanged: "controls",
    StateChanged: "state",
    HealthMeasured: "health",
    AlertChanged: "alert",
    ListenersChanged: "listeners",
    CryStarted: "cry",
    StirringStarted: "stirring",
    LullabyStarted: "lullaby",
    SoothingStep: "soothing",
    SoothingLearnt: "learnt",
}
_ENDS: Final[dict[type[Event], str]] = {
    CryEnded: "cry",
    StirringEnded: "stirring",
    LullabyStopped: "lullaby",
    LullabyFailed: "lullaby",
}


class Present:
    """The last event of each subject that still holds; `note` takes the events in order."""

    def __init__(self) -> None:
        self._by_subject: dict[str, Event] = {}

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that hold, in the order in which they came."""
        return tuple(self._by_subject.values())

    def note(self, event: Event) -> None:
        """Keep an event that lasts, in place of the earlier one of its subject; forget one that it ends."""
        kind = type(event)
        if subject := _LASTING.get(kind) or _ENDS.get(kind):
            self._by_subject.pop(subject, None)
            if kind in _LASTING:
                self._by_subject[subject] = event
