"""PURE. State machine of the daemon: its state in one word, made from events."""

from dataclasses import replace

from babycryd.core.events import (
    ClockSet,
    ControlsChanged,
    CryEnded,
    CryStarted,
    Deaf,
    Event,
    Hearing,
    StateChanged,
    StateName,
)
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.core.stirring_events import StirringEnded, StirringStarted


class StateTracker:
    """State machine of the daemon. Deaf hides snoozed, snoozed crying, crying soothing, soothing stirring.

    Stirring hides listening.

    The first state is deaf, with the reason `starting`: no cry could be heard before the first `Hearing`.
    """

    def __init__(self, utc_s: float) -> None:
        self._deaf_because: str | None = "starting"
        self._crying = False
        self._stirring = False
        self._lullaby = False
        self._snoozed = False
        self._current = StateChanged(0.0, "deaf", utc_s, self._deaf_because)

    @property
    def current(self) -> StateChanged:
        """The last change of state; before any change, the first state."""
        return self._current

    def update(self, event: Event, utc_s: float) -> StateChanged | None:
        """Process an event of the time `utc_s`; return the new state, or None where it stays the same.

        `utc_s`: by the clock as it was when the event was published. A new reason for being deaf is a change too, but
        `since_utc_s` remains the time at which deafness began. A step of the clock moves it, which is a change too.
        """
        if isinstance(event, ClockSet):
            since_utc_s = self._current.since_utc_s + event.step_s
            self._current = replace(self._current, at_s=event.at_s, since_utc_s=since_utc_s)
            return self._current
        self._note(event)
        state = self._state()
        if state == self._current.state and self._deaf_because == self._current.reason:
            return None
        since_utc_s = self._current.since_utc_s if state == self._current.state else utc_s
        self._current = StateChanged(event.at_s, state, since_utc_s, self._deaf_because)
        return self._current

    def _note(self, event: Event) -> None:
        match event:
            case Deaf(reason=reason):
                self._deaf_because = reason
            case Hearing():
                self._deaf_because = None
            case CryStarted():
                self._crying = True
            case CryEnded():
                self._crying = False
            case StirringStarted():
                self._stirring = True
            case StirringEnded():
                self._stirring = False
            case LullabyStarted():
                self._lullaby = True
            case LullabyStopped() | LullabyFailed():
                self._lullaby = False
            case ControlsChanged(snoozed_until_utc_s=until_utc_s):
                self._snoozed = until_utc_s is not None
            case _:  # no other event changes the state
                pass

    def _state(self) -> StateName:
        if self._deaf_because is not None:
            return "deaf"
        if self._snoozed:
            return "snoozed"
        if self._crying:
            return "crying"
        if self._lullaby:
            return "soothing"
        return "stirring" if self._stirring else "listening"
