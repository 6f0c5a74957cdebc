"""Pause alarm and lullaby of the running daemon for a while, because a person is with the baby.

examples:
  babycryd snooze 30                       for half an hour
  babycryd snooze off                      listen again now
"""

import argparse
import time

from babycryd.cli.common.daemon_command import add_daemon_arguments, command_daemon
from babycryd.cli.common.daemons import Fields
from babycryd.cli.common.words import clock_time
from babycryd.core.command_values import CommandError
from babycryd.core.commands import SNOOZE

HELP = "pause alarm and lullaby of the running daemon"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "minutes", type=_minutes, metavar="MINUTES|off", help=f"{SNOOZE.span} minutes; off or 0 ends it"
    )
    add_daemon_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    return command_daemon("snooze", arguments, {"minutes": arguments.minutes}, _text)


def _minutes(text: str) -> float:
    if text == "off":
        return 0.0
    try:
        return SNOOZE.check(float(text))
    except (ValueError, CommandError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number of minutes from {SNOOZE.span} nor off"
        ) from None


def _text(answer: Fields) -> str:
    minutes = float(answer["minutes"])
    if minutes == 0:
        return "the snooze is over: alarm and lullaby are on"
    return f"snoozed until {clock_time(time.time() + 60 * minutes)}: neither alarm nor lullaby"
