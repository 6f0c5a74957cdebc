"""PURE. Status of the model channel, for health and MQTT, and its check, for the page and `doctor`."""

from typing import Final

from babycryd.core.check_result import CheckResult
from babycryd.core.health_parts import ModelHealth, ModelState
from babycryd.model_channel.choice import BY_OWNER, Choice
from babycryd.model_channel.comparison import HOUR_S, Tally, verdict
from babycryd.model_channel.naming import name_of
from babycryd.model_channel.settings import ModelChannelSettings

TOLD_FOR_S: Final = 7 * 24 * HOUR_S  # how long a model that babycryd dropped by itself is told of
_NOTED: Final[frozenset[ModelState]] = frozenset({"passed", "rolled_back"})  # beside the state of the page


def status(choice: Choice, tally: Tally, settings: ModelChannelSettings, utc_s: float) -> ModelHealth:
    """Return the status of a choice and of its comparison at the time `utc_s`."""
    state = _state(choice, tally, settings, utc_s)
    if choice.phase == "none":
        return ModelHealth(state, choice.in_use, why=choice.why if state == "rolled_back" else None)
    return ModelHealth(
        state,
        choice.in_use,
        choice.candidate,
        tally.heard_s,
        settings.shadow_hours * HOUR_S,
        tally.only_candidate,
        tally.only_reference,
    )


def check(health: ModelHealth) -> CheckResult:
    """Return the check of a status, with the next step; the page has words of its own for each state."""
    noted = health.state in _NOTED
    good = None if noted else True
    return CheckResult("model", good=good, text=_text(health), advice=f"model_{health.state}", note=noted)


def _state(choice: Choice, tally: Tally, settings: ModelChannelSettings, utc_s: float) -> ModelState:
    if choice.phase == "trial":
        return "passed" if verdict(tally, settings) == "passed" else "trial"
    if choice.phase == "probation":
        return "probation"
    dropped = bool(choice.why) and choice.why != BY_OWNER
    return "rolled_back" if dropped and 0 <= utc_s - choice.why_utc_s < TOLD_FOR_S else "steady"


def _text(health: ModelHealth) -> str:
    decides, new = name_of(health.decides), name_of(health.candidate)
    heard = f"{health.heard_s / HOUR_S:.1f} of {health.wanted_s / HOUR_S:g} h compared"
    match health.state:
        case "steady":
            return f"{decides} decides"
        case "trial":
            return f"{decides} decides, and {new} hears in its shadow: {heard}; see: babycryd model list"
        case "passed":
            return f"{new} has passed its trial; to let it decide: babycryd model switch"
        case "probation":
            return f"{new} decides on probation: {heard}; to go back: babycryd model rollback"
        case "rolled_back":
            return f"a new model was dropped ({health.why}), and {decides} decides; see: babycryd model list"
