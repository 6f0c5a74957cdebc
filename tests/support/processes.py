"""Processes that another one has started."""

from pathlib import Path


def children(of: int | str = "self") -> list[int]:
    """Return the ids of the processes that a process has started and not yet waited for."""
    tasks = Path(f"/proc/{of}/task").glob("*/children")
    return [int(number) for each in tasks for number in each.read_text("ascii").split()]


def runs(process: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
