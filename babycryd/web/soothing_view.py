"""PURE. Soothing view: what the page and `/api/soothing` show of soothing, made from its events."""

from typing import Any, Final

from babycryd.core.commands import SOUND_USES, SoundUse
from babycryd.core.event_json import as_json
from babycryd.core.events import ClockSet, ControlsChanged, Event
from babycryd.core.soothing_events import PHASES, SoothingLearnt, SoothingStep

_TEXT: Final = {"type": "string"}
_MAYBE_TEXT: Final = {"type": ["string", "null"]}
_NUMBER: Final = {"type": "number"}
_MAYBE_NUMBER: Final = {"type": ["number", "null"]}
_COUNT: Final = {"type": "integer"}


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


_USES: Final = {"type": "object", "additionalProperties": {"enum": list(SOUND_USES)}}
NOW_SCHEMA: Final = _object(
    {
        "strategy": _MAYBE_TEXT,
        "phase": {"enum": list(PHASES)},
        "step": _COUNT,
        "sound": _MAYBE_TEXT,
        "level": _NUMBER,
        "since_utc_s": _MAYBE_NUMBER,
        "episode": _MAYBE_TEXT,
        "needs_you": {"type": "boolean"},
        "learnt": _COUNT,
        "uses": _USES,
    }
)
_FIGURES: Final = _object(
    {"sound": _TEXT, "tries": _COUNT, "calmed": _COUNT, "median_s": _MAYBE_NUMBER, "p_best": _NUMBER}
)
SCHEMA: Final = _object(
    {
        "now": NOW_SCHEMA,
        "best": _MAYBE_TEXT,
        "sounds": {"type": "array", "items": _FIGURES},
        "silences": _COUNT,
        "settled": _COUNT,
        "uses": _USES,
    }
)


class SoothingView:
    """Soothing view; `note` takes the events in order."""

    def __init__(self) -> None:
        self._step = SoothingStep(0.0, 0.0, "", "idle", None, 0, None, 100.0)
        self._moved_s = 0.0  # steps of the clock since then
        self._learnt = SoothingLearnt(0.0, None, ())
        self._times = 0  # that something was learnt
        self._uses: dict[str, SoundUse] = {}  # of the sounds that do not play in their turn

    def note(self, event: Event) -> None:
        """Take an event; those that say nothing of soothing change nothing."""
        match event:
            case SoothingStep():
                self._step, self._moved_s = event, 0.0
            case SoothingLearnt():
                self._learnt = event
                self._times += 1
            case ControlsChanged(first_sound=first, muted_sounds=muted):
                self._uses = {**dict.fromkeys(muted, "muted"), **({first: "first"} if first else {})}
            case ClockSet(step_s=step_s):
                self._moved_s += step_s
            case _:
                pass

    def now(self) -> dict[str, Any]:
        """Return the present step, as `NOW_SCHEMA` has it."""
        step = self._step
        known = step.strategy != ""
        return {
            "strategy": step.strategy or None,
            "phase": step.phase,
            "step": step.step,
            "sound": step.sound,
            "level": step.level_percent,
            "since_utc_s": round(step.since_utc_s + self._moved_s, 3) if known else None,
            "episode": step.episode,
            "needs_you": step.phase == "given_up",
            "learnt": self._times,
            "uses": self._uses,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the present step and all figures, as `SCHEMA` has them."""
        learnt = as_json(self._learnt)
        figures = {key: learnt[key] for key in ("best", "sounds", "silences", "settled")}
        return {"now": self.now(), **figures, "uses": self._uses}
