"""PURE. Conditions: which events begin, change and end what the owner is alerted of."""

from typing import Final

from babycryd.core.events import (
    ClockSet,
    CryEnded,
    CryStarted,
    Deaf,
    Event,
    HealthMeasured,
    Hearing,
    MicrophoneTroubled,
)
from babycryd.core.soothing_events import NeedsYou
from babycryd.notify.notice import Notice
from babycryd.notify.policy import AlertPolicy


class Conditions:
    """The conditions of the room, which drive an alert policy; `note` takes the events in order."""

    EVENTS: Final[tuple[type[Event], ...]] = (  # that `note` uses
        CryStarted,
        CryEnded,
        NeedsYou,
        Hearing,
        Deaf,
        MicrophoneTroubled,
        HealthMeasured,
        ClockSet,
    )

    def __init__(self, policy: AlertPolicy) -> None:
        self._policy = policy
        self._deaf: dict[str, str] = {}  # by what says it: why nothing is heard

    def note(self, event: Event, at_s: float, utc_s: float) -> list[Notice]:
        """Process an event; return the notices that something is over. Times as of `AlertPolicy`."""
        match event:
            case CryStarted(episode=episode, utc_s=began_utc_s):
                self._policy.begin("crying", episode, at_s, began_utc_s)
            case CryEnded():
                return self._end_cry(event, at_s, utc_s)
            case NeedsYou(episode=episode):
                self._policy.promote("crying", "needs_you", episode, at_s, utc_s)
            case Deaf(reason=reason):
                self._begin_deaf("microphone", reason, at_s, utc_s)
            case Hearing():
                return self._end_deaf("microphone", utc_s)
            case MicrophoneTroubled(trouble=str(trouble)):
                self._begin_deaf("signal", trouble, at_s, utc_s)
            case MicrophoneTroubled():
                return self._end_deaf("signal", utc_s)
            case ClockSet(step_s=step_s):
                self._policy.move(step_s)
            case _:
                pass
        return []

    def _end_cry(self, event: CryEnded, at_s: float, utc_s: float) -> list[Notice]:
        """End the crying, and tell so where the baby is calm. Where nothing is heard any more, that is told at once."""
        if event.reason == "deaf" and self._policy.is_raised("crying"):
            self._policy.hasten("deaf", at_s)
        tell = event.reason == "calm"
        return [*self._policy.end("needs_you", utc_s, tell=tell), *self._policy.end("crying", utc_s, tell=tell)]

    def _begin_deaf(self, source: str, reason: str, at_s: float, utc_s: float) -> None:
        self._deaf[source] = reason
        self._policy.begin("deaf", f"{utc_s:.0f}", at_s, utc_s, reason)

    def _end_deaf(self, source: str, utc_s: float) -> list[Notice]:
        self._deaf.pop(source, None)
        return [] if self._deaf else self._policy.end("deaf", utc_s)
