"""Set the volume of the lullaby that plays and of those to come, in percent of lullaby.max_volume.

examples:
  babycryd volume 40
  babycryd volume                          what it is now
  babycryd volume 40 --room kitchen        where several daemons run on this computer
"""

import argparse

from babycryd.cli.common.daemon_command import add_daemon_arguments, command_daemon
from babycryd.cli.common.daemons import Fields
from babycryd.core.command_values import CommandError
from babycryd.core.commands import VOLUME

HELP = "set the volume of the running daemon"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("percent", type=_percent, nargs="?", metavar="N", help=f"{VOLUME.span}; without it, show it")
    add_daemon_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    if arguments.percent is None:
        return command_daemon("volume", arguments, {}, volume_text, name="status")
    return command_daemon("volume", arguments, {"volume": arguments.percent}, volume_text)


def _percent(text: str) -> float:
    try:
        return VOLUME.check(float(text))
    except (ValueError, CommandError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {VOLUME.span}") from None


def volume_text(answer: Fields) -> str:
    """Return the volume in words, with the loudness at the cot where the state tells it."""
    loudness = answer.get("loudness") or {}
    at_cot = f", about {loudness['dba']:.0f} dB(A) at the cot" if loudness.get("dba") is not None else ""
    volume = answer.get("volume")
    return "not known yet" if volume is None else f"{volume:g} % of lullaby.max_volume{at_cot}"
