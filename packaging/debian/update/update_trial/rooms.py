"""Rooms: what each does now, and whether it does again what it did before an update."""

import time
from collections.abc import Mapping

from update_trial.commands import run

NOTHING, RUNS, LISTENS = 0, 1, 2  # what a room does
WITHIN_S = 120.0  # in which an updated room must do what it did before
HOLDS_S = 30.0  # for so long, without a restart
LOOK_EVERY_S = 1.0
DEAF = ("deaf", "starting")  # states of daemon/daemon.py in which nothing is heard
JUDGED = "; last judged "

Shown = dict[str, str]  # of a unit, by systemd's name of each property


def rooms() -> list[str]:
    """Return the services that run: the daemon, and one for each further room. Raises Failed."""
    options = ("--plain", "--no-legend", "--state=active")
    listed = run("systemctl", "list-units", *options, "babycryd.service", "babycryd@*.service")
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def shown(unit: str) -> Shown:
    """Return what systemd says of a service. Raises Failed."""
    keys = ("ActiveState", "StatusText", "MainPID", "Result")
    lines = run("systemctl", "show", *(f"--property={key}" for key in keys), unit).splitlines()
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def level_of(active: str, text: str) -> int:
    """Return what a room does, by systemd's ActiveState and the daemon's status text."""
    if active != "active":
        return NOTHING
    hears = not text.startswith(DEAF) and JUDGED in text
    return LISTENS if hears else RUNS


def levels() -> dict[str, int]:
    """Return what each room that runs does now. Raises Failed."""
    return {unit: level_of(at["ActiveState"], at["StatusText"]) for unit in rooms() for at in [shown(unit)]}


class Probation:
    """Whether every room does again what it must, as seen now and then."""

    def __init__(self, wanted: Mapping[str, int], begun_s: float) -> None:
        self._wanted = wanted
        self._begun_s = begun_s
        self._since: dict[str, tuple[str, float]] = {}  # by room that does what it must: its process, and since when
        self.missing = "its service was started again and again"  # what the last room that failed does not do

    def passed(self, now_s: float, rooms: Mapping[str, Shown]) -> bool | None:
        """Return True once all have held for HOLDS_S; False when the time is over; None: not known yet."""
        for unit, level in self._wanted.items():
            at = rooms[unit]
            if level_of(at["ActiveState"], at["StatusText"]) < level:
                self._since.pop(unit, None)
                self.missing = _told_of(unit, level, at)
            elif self._since.get(unit, ("", 0.0))[0] != at["MainPID"]:
                self._since[unit] = (at["MainPID"], now_s)
        all_do = len(self._since) == len(self._wanted)
        if all_do and all(now_s - since_s >= HOLDS_S for _, since_s in self._since.values()):
            return True
        limit_s = WITHIN_S + (HOLDS_S if all_do else 0.0)  # those who came at the last moment may prove it
        return False if now_s - self._begun_s >= limit_s else None


def why_not(wanted: Mapping[str, int]) -> str | None:
    """Wait until every room has done what it must for HOLDS_S, and return None; after WITHIN_S, what is missing."""
    probation = Probation(wanted, time.monotonic())
    while True:
        passed = probation.passed(time.monotonic(), {unit: shown(unit) for unit in wanted})
        if passed is not None:
            return None if passed else probation.missing
        time.sleep(LOOK_EVERY_S)


def _told_of(unit: str, level: int, at: Shown) -> str:
    does_not = "does not listen" if level == LISTENS else "does not run"
    state = at["StatusText"] if at["ActiveState"] == "active" else f"{at['ActiveState']}, {at['Result']}"
    return f"{unit.removesuffix('.service')} {does_not} ({state})"
