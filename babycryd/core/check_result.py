"""PURE. The result of one check, as `doctor`, the page and MQTT show it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line about one part. `good` is None where the part was not checked; `text` says why."""

    what: str
    good: bool | None
    text: str
    advice: str = ""  # names the remedy text `page.remedy.…` in babycryd/i18n; empty: the one named `what`
    note: bool = False  # nothing is wrong, and the page tells the owner beside the state
