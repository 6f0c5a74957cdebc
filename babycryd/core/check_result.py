"""PURE. What an examination found: one line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`good` None: not examined, and `text` says why."""

    what: str
    good: bool | None
    text: str
    advice: str = ""  # what helps, by its name in the catalogue of words; empty: what always helps with `what`
