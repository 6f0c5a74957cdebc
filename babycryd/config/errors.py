"""Faults of a configuration, each with its place and remedy, for the owner."""

from collections.abc import Iterable
from dataclasses import dataclass

from babycryd.core.printable import printable_path


@dataclass(frozen=True, slots=True)
class Problem:
    """Fault of a configuration; `key` is empty where the whole file is meant; lines and columns count from 1."""

    message: str
    key: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return `microphone.gian_db (line 7): unknown key; did you mean 'gain_db'?`"""
        place = f"line {self.line}" if self.line else ""
        if self.column:
            place += f", column {self.column}"
        if self.key:
            place = f"{self.key} ({place})" if place else self.key
        return f"{place}: {self.message}" if place else self.message


class ConfigError(Exception):
    """Every fault found in one source, in the order of its lines."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        """`source`: the file or what else was read; its name need not be text."""
        self.source = printable_path(source)
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(self.source, self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return f"{self.source}: {self.problems[0]}"
        return "\n".join([f"{self.source}: {len(self.problems)} problems", *(f"  {each}" for each in self.problems)])
