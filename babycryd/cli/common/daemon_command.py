"""Commands for the running daemon: which daemon is meant, the JSON or the text of its answer, and why it failed."""

import argparse
import json
import sys
from collections.abc import Callable

from babycryd.cli.common.configured import add_config_argument, with_settings
from babycryd.cli.common.daemons import ROOMS, DaemonError, Fields, rooms
from babycryd.config import Settings
from babycryd.core.printable import printable


def add_daemon_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--room`, `--config` and `--json`."""
    parser.add_argument("--room", metavar="ROOM", help=f"the daemon of this room, by {ROOMS}/ROOM.yaml")
    add_config_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON object")


def command_daemon(
    command: str, arguments: argparse.Namespace, fields: Fields, text: Callable[[Fields], str], name: str = ""
) -> int:
    """Give the daemon a command, print its answer, and return the exit code.

    `text`: returns the answer in words; `name`: of the command in `core/command_table.py`, if it is another one.
    """

    def work(settings: Settings) -> int:
        from babycryd.cli.common.running_daemon import ask

        show(arguments, answer := ask(settings, name or command, fields), text(answer))
        return 0

    return with_daemon(command, arguments, work)


def show(arguments: argparse.Namespace, answer: Fields, text: str) -> None:
    """Print an answer in words, or with `--json` as it came."""
    sys.stdout.write(f"{json.dumps(answer, ensure_ascii=False) if arguments.json else text}\n")


def with_daemon(command: str, arguments: argparse.Namespace, work: Callable[[Settings], int]) -> int:
    """Run `work` with the settings of the wanted daemon; print why it failed, and return 1 or 2 then."""
    if arguments.room is not None:
        if arguments.room not in rooms():
            known = f"there are {', '.join(rooms())}" if rooms() else "there are none; leave --room out"
            sys.stderr.write(f"babycryd {command}: there is no room {printable(arguments.room)!r}: {known}\n")
            return 2
        arguments.config = str(ROOMS / f"{arguments.room}.yaml")
    try:
        return with_settings(arguments, work)
    except DaemonError as error:
        sys.stderr.write(f"babycryd {command}: {error}\n")
        return 1
