"""Processes that another one has started."""

from pathlib import Path


def children(of: int | str = "self", program: str = "") -> list[int]:
    """Return the ids of the processes that a process has started and not yet waited for.

    `program`: a part of their command lines; a process of pytest has children of several tests.
    """
    tasks = Path(f"/proc/{of}/task").glob("*/children")
    found = [int(number) for each in tasks for number in each.read_text("ascii").split()]
    return [each for each in found if program in _command_line(each)]


def mixers() -> list[int]:
    """Return the processes of the mixers that this process has started."""
    return children(program="babycryd.soothe.mixer:")


def _command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text("utf-8", errors="replace")
    except OSError:  # it has ended
        return ""


def runs(process: int) -> bool:
    """Return whether a process is there and has not ended."""
    return state_of(process) not in {"", "Z"}


def state_of(process: int) -> str:
    """Return the state of a process as /proc/PID/stat has it: T is stopped, Z has ended; "" where there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]
