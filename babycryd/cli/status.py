"""Show what the running daemon does: its state, the last cry, lullaby, volume, alert and every trouble.

Exit 0 while a cry would be heard now, else 1.

examples:
  babycryd status
  babycryd status --json                   everything that is known, for a program
  babycryd status --room kitchen           where several daemons run on this computer
"""

import argparse
from collections.abc import Iterator

from babycryd.cli.common.daemon_command import add_daemon_arguments, show, with_daemon
from babycryd.cli.common.daemons import Fields
from babycryd.cli.common.words import clock_time, local_time
from babycryd.cli.volume import volume_text
from babycryd.config import Settings
from babycryd.core.event_text import duration_text
from babycryd.core.printable import printable
from babycryd.i18n import say, sound_title

HELP = "show what the running daemon does"
_WIDTH = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_daemon_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    def work(settings: Settings) -> int:
        from babycryd.cli.common.running_daemon import ask

        answer = ask(settings, "status")
        show(arguments, answer, text(answer))
        return 0 if answer["listening"] else 1

    return with_daemon("status", arguments, work)


def text(state: Fields) -> str:
    """Return the state, as of `GET /api/state`, in lines of words."""
    return "\n".join([f"{_name(state)}: {_now(state)}", *(f"{what:{_WIDTH}} {how}" for what, how in _lines(state))])


def _name(state: Fields) -> str:
    room, device = printable(str(state["room"])), printable(str(state["device"]))
    return f"{room} ({device})" if room else device


def _now(state: Fields) -> str:
    said = say("en", f"page.state.{state['state']}")
    since = state["since_utc_s"]
    lasting = "" if since is None else f" for {duration_text(max(0.0, state['utc_s'] - since))}"
    reason = state["reason"] or state["not_listening"]
    return said + lasting + (f", because {printable(str(reason))}" if reason else "")


def _lines(state: Fields) -> Iterator[tuple[str, str]]:
    if state["episode"]:
        yield "crying", f"since {clock_time(state['episode']['started_utc_s'])}"
    elif last := state["last_episode"]:
        calm = f", calm after {duration_text(last['settled_in_s'])}" if last["reason"] == "calm" else ""
        yield "last cry", f"{local_time(last['started_utc_s'])}, {duration_text(last['duration_s'])} long{calm}"
    track = state["lullaby"]["track"]
    yield "lullaby", f"{sound_title('en', track)} plays" if track else "none plays"
    yield "volume", volume_text(state)
    until = state["snoozed_until_utc_s"]
    if until is not None:
        yield "snoozed", f"until {clock_time(until)}"
    if state["alert"]["state"] != "quiet":
        yield "alert", str(state["alert"]["state"])
    for check in state["checks"]:
        if check["good"] is False:
            yield "trouble", f"{check['what']}: {printable(str(check['text']), 300)}"
