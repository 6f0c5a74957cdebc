"""Processes that the tests' own process has started."""

from pathlib import Path


def children() -> list[int]:
    """Return the ids of the processes that this one has started and not yet waited for."""
    return [
        int(number) for each in Path("/proc/self/task").glob("*/children") for number in each.read_text("ascii").split()
    ]
