"""PURE. Result of a check, as `doctor` and the page show it in one line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line about one thing. `good` None: it was not checked, and `text` says why."""

    what: str
    good: bool | None
    text: str
    advice: str = ""  # name of the remedy among the page's texts; empty: the remedy of `what`
