"""PURE. Events in plain words: one line of the log for each change."""

from typing import Literal

from babycryd.core.events import (
    ClockSet,
    CryEnded,
    CryStarted,
    Deaf,
    Event,
    Hearing,
    LullabyFailed,
    LullabyStarted,
    LullabyStopped,
    MicrophoneTroubled,
    SelfTested,
)
from babycryd.core.stirring_events import StirringEnded, StirringEvent, StirringStarted

Urgency = Literal["info", "warning"]

_WHY_ENDED = {
    "calm": "the baby is calm",
    "deaf": "the episode ends, deaf",
    "snoozed": "the episode ends, snoozing",
    "stopped": "the episode ends, stopping",
}
_WHY_STOPPED = {
    "calm": "the baby is calm",
    "longest": "it has played for the longest time allowed",
    "asked": "as asked",
    "stopped": "stopping",
}


def event_text(event: Event) -> tuple[Urgency, str] | None:
    """Return urgency and text of an event; None for periodic events, which are counted and not logged."""
    match event:
        case Hearing(microphone=microphone):
            return "info", f"listening to {microphone}"
        case Deaf(reason=reason):
            return "warning", f"deaf: {reason}"
        case CryStarted(confidence=confidence, episode=episode):
            return "info", f"the baby cries (confidence {confidence:.2f}, episode {episode})"
        case CryEnded(reason=reason, episode=episode):
            calm = f", calm after {duration_text(event.settled_in_s)}" if reason == "calm" else ""
            return (
                "info",
                f"{_WHY_ENDED[reason]}: the cry lasted {duration_text(event.duration_s)}{calm} (episode {episode})",
            )
        case StirringStarted() | StirringEnded():
            return "info", _stirring_text(event)
        case LullabyStarted(track=track):
            return "info", f"lullaby starts: {track}"
        case LullabyStopped(track=track, reason=reason):
            return "info", f"lullaby stops, {_WHY_STOPPED[reason]}: {track}"
        case LullabyFailed(track=track, error=error):
            return "warning", f"lullaby cannot play ({track}): {error}"
        case ClockSet(step_s=step_s):
            step = f"{duration_text(abs(step_s))} {'forward' if step_s > 0 else 'back'}"
            return "warning", f"the clock was set {step}; what was recorded since the start moves with it"
        case _:
            return _microphone_text(event)


def _stirring_text(event: StirringEvent) -> str:
    if isinstance(event, StirringStarted):
        return "the baby stirs"
    return f"the baby stirred for {duration_text(event.duration_s)}"


def _microphone_text(event: Event) -> tuple[Urgency, str] | None:
    match event:
        case MicrophoneTroubled(trouble=str(trouble)):
            return "warning", trouble
        case MicrophoneTroubled():
            return "info", "the microphone can be judged again"
        case SelfTested(verdict=verdict, text=text):
            return ("warning" if verdict == "failed" else "info"), f"self-test: {text}"
        case _:
            return None


def duration_text(seconds: float) -> str:
    """Write a duration: `8 s`, `4 min 10 s`, `1 h 05 min`, `20 days`."""
    whole = round(seconds)
    if whole >= 2 * 86_400:
        return f"{whole // 86_400} days"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
