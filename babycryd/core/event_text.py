"""PURE. Events in plain words: one line of the log for each change."""

from typing import Literal

from babycryd.core.alert import AlertChanged
from babycryd.core.events import ClockSet, CryEnded, CryStarted, Deaf, Event, Hearing, MicrophoneTroubled, SelfTested
from babycryd.core.soothing_events import (
    LullabyFailed,
    LullabyStarted,
    LullabyStopped,
    NeedsYou,
    SoothingStep,
    SoundJudged,
)
from babycryd.core.stirring_events import StirringEnded, StirringEvent, StirringStarted

Urgency = Literal["info", "warning"]

_WHY_ENDED = {
    "calm": "the baby is calm",
    "deaf": "the episode ends, deaf",
    "snoozed": "the episode ends, snoozing",
    "stopped": "the episode ends, stopping",
    "dismissed": "the episode ends, the owner says it is no cry",
}
_WHY_STOPPED = {
    "calm": "the baby is calm",
    "longest": "it has played for the longest time allowed",
    "asked": "as asked",
    "stopped": "stopping",
    "next": "another sound follows",
    "given_up": "the baby still cries",
}
_OUTCOMES = {
    "calm": "the baby was calm",
    "same": "the baby still cried",
    "worse": "the baby cried louder",
    "parent": "a parent stepped in",
    "unknown": "it could not be judged",
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
        case ClockSet(step_s=step_s):
            step = f"{duration_text(abs(step_s))} {'forward' if step_s > 0 else 'back'}"
            return "warning", f"the clock was set {step}; what was recorded since the start moves with it"
        case AlertChanged(state=state, kind=kind):
            return "info", f"alert: {kind}, {state}" if kind else "alert: quiet"
        case _:
            return _soothing_text(event) or _microphone_text(event)


def _soothing_text(event: Event) -> tuple[Urgency, str] | None:
    match event:
        case LullabyStarted(track=track):
            return "info", f"lullaby starts: {track}"
        case LullabyStopped(track=track, reason=reason):
            return "info", f"lullaby stops, {_WHY_STOPPED[reason]}: {track}"
        case LullabyFailed(track=track, error=error):
            return "warning", f"lullaby cannot play ({track}): {error}"
        case NeedsYou(sounds=sounds, episode=episode):
            tried = f"{', '.join(sounds)} did not calm it" if sounds else "no sound is left to try"
            return "warning", f"the baby needs you: {tried} (episode {episode})"
        case SoothingStep(phase="settling", episode=episode):
            return "info", f"no sound yet: the baby may settle alone (episode {episode})"
        case SoundJudged(sound=sound, outcome=outcome, took_s=took_s):
            return "info", f"{sound}: {_OUTCOMES[outcome]} after {duration_text(took_s)}"
        case _:
            return None


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
