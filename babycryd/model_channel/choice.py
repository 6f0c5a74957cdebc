"""PURE. The choice of a model: which one decides, which one is tried, and the steps from one choice to the next.

A model is named by the SHA-256 of its classifier; None is the one that is shipped with babycryd. A new model is first
on *trial*: it hears in the shadow of the one that decides. After the owner's switch it decides on *probation*, and the
model before it hears in its shadow.
"""

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal

Phase = Literal["none", "trial", "probation"]
BY_OWNER: Final = "the owner rolled it back"  # the reason that is not one of babycryd
MOST_STARTS: Final = 3  # in a row without a minute of listening; then the model is taken for the cause
_MOST_REFUSED: Final = 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class ChoiceError(Exception):
    """A step that this choice does not allow; the text says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Choice of the model; the steps return a new one."""

    in_use: str | None = None
    previous: str | None = None  # what a rollback leads to
    candidate: str | None = None  # on trial or on probation
    serial: int = 0  # of the newest offer that was taken
    refused: tuple[str, ...] = ()  # rolled back, newest last
    starts: int = 0  # in a row that have not yet led to a minute of listening
    why: str = ""  # reason of the last rollback
    why_utc_s: float = 0.0  # its time; the store sets it

    @property
    def phase(self) -> Phase:
        """Whether a model is tried, and how."""
        if self.candidate is None:
            return "none"
        return "probation" if self.candidate == self.in_use else "trial"

    @property
    def shadow(self) -> str | None:
        """The model that hears in the shadow; only where `phase` is not "none"."""
        return self.candidate if self.phase == "trial" else self.previous

    @property
    def kept(self) -> set[str]:
        """The models whose files are needed."""
        return {each for each in (self.in_use, self.previous, self.candidate) if each is not None}

    def offered(self, sha256: str, serial: int, shipped: str, *, again: bool) -> "Choice":
        """Put a new model on trial. `shipped`: name of the shipped one; `again`: also one that was rolled back.

        Raises ChoiceError.
        """
        if serial < self.serial:
            raise ChoiceError(f"the offer is older (serial {serial}) than one that was taken before ({self.serial})")
        if sha256 in {self.in_use, shipped}:
            raise ChoiceError(f"the newest model, {sha256[:12]}, is the one in use, or the shipped one")
        if sha256 in self.refused and not again:
            raise ChoiceError(f"{sha256[:12]} was rolled back before; to try it once more, add --again")
        if self.phase == "probation":
            raise ChoiceError("the model in use is still on probation: wait for its end, or roll it back")
        left = tuple(each for each in self.refused if each != sha256)
        return replace(self, candidate=sha256, serial=serial, refused=left, starts=0, why="")

    def switched(self) -> "Choice":
        """Let the model on trial decide, on probation. Raises ChoiceError."""
        if self.phase != "trial":
            raise ChoiceError("no model is on trial; babycryd model update brings one")
        return replace(self, in_use=self.candidate, previous=self.in_use, starts=0, why="")

    def confirmed(self) -> "Choice":
        """End the probation: the model stays."""
        return replace(self, candidate=None) if self.phase == "probation" else self

    def rolled_back(self, why: str) -> "Choice":
        """Drop the model on trial, else the one in use. Raises ChoiceError where the shipped one decides."""
        dropped = self.candidate or self.in_use
        if dropped is None:
            raise ChoiceError("the model that is shipped with babycryd is in use; there is none to roll back to")
        refused = (*(each for each in self.refused if each != dropped), dropped)[-_MOST_REFUSED:]
        if self.phase == "trial":
            return replace(self, candidate=None, refused=refused, starts=0, why=why)
        return replace(self, in_use=self.previous, previous=None, candidate=None, refused=refused, starts=0, why=why)

    def shipped(self, why: str) -> "Choice":
        """Go back to the shipped model, as the one in use cannot be loaded."""
        kept = {each for each in (self.in_use, self.candidate) if each is not None}
        refused = (*(each for each in self.refused if each not in kept), *sorted(kept))[-_MOST_REFUSED:]
        return Choice(serial=self.serial, refused=refused, why=why)

    def started(self) -> "Choice":
        """Count a start with a model that is not the shipped one; after MOST_STARTS roll it back."""
        if self.starts >= MOST_STARTS:
            return self.rolled_back(f"{self.starts} starts in a row ended within a minute").started()
        return replace(self, starts=self.starts + 1) if self.kept else self

    def proven(self) -> "Choice":
        """Forget the starts, as the last one has led to a minute of listening."""
        return replace(self, starts=0)


def choice_text(choice: Choice) -> bytes:
    """Return the content of the choice's file."""
    return (json.dumps({"schema": 1, **asdict(choice)}, indent=1) + "\n").encode()


def choice_of(content: bytes) -> Choice:
    """Return the choice in a file's content; unknown keys are left out. Raises ValueError."""
    told: Any = json.loads(content)
    if not isinstance(told, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004  # of a file, not of a caller
    known = {each.name for each in fields(Choice)}
    values = {key: value for key, value in told.items() if key in known}
    values["refused"] = tuple(values.get("refused", ()))
    choice = Choice(**values)
    names = [choice.in_use, choice.previous, choice.candidate, *choice.refused]
    if not all(each is None or (isinstance(each, str) and _SHA256.fullmatch(each)) for each in names):
        raise ValueError("names a model by something else than a checksum")
    if not all(isinstance(each, int) and each >= 0 for each in (choice.serial, choice.starts)):
        raise ValueError("holds a count that is none")
    if not isinstance(choice.why, str) or not isinstance(choice.why_utc_s, int | float):
        raise ValueError("holds a reason or a time that is none")  # noqa: TRY004  # of a file, not of a caller
    return choice
