"""Play or stop a lullaby on the running daemon, whether or not the baby cries.

examples:
  babycryd lullaby play                    the next one of the playlist
  babycryd lullaby play heartbeat          this one; `babycryd lullaby list` names them
  babycryd lullaby next
  babycryd lullaby stop                    and start none for as long as this crying lasts
"""

import argparse
import sys

from babycryd.cli.common.daemon_command import add_daemon_arguments, command_daemon
from babycryd.cli.common.daemons import Fields
from babycryd.i18n import sound_title

HELP = "play or stop a lullaby on the running daemon"
_ACTIONS = ("play", "stop", "next", "list")
_ASKED = {"play": "ON", "stop": "OFF", "next": "NEXT"}
_DONE = {"play": "it plays", "stop": "no lullaby plays", "next": "the next one plays"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=_ACTIONS,
        metavar="{play,stop,next,list}",
        help="play one, stop it, go on to the next one, or list their names",
    )
    parser.add_argument("track", nargs="?", metavar="TRACK", help="name of the sound to play, as `list` shows it")
    add_daemon_arguments(parser)


def execute(arguments: argparse.Namespace) -> int:
    if arguments.track is not None and arguments.action != "play":
        sys.stderr.write(f"babycryd lullaby: {arguments.action} takes no track\n")
        return 2
    if arguments.action == "list":
        return command_daemon("lullaby", arguments, {}, _listing, name="status")
    asked = arguments.track or _ASKED[arguments.action]
    done = f"{sound_title('en', arguments.track)} plays" if arguments.track else _DONE[arguments.action]
    return command_daemon("lullaby", arguments, {"lullaby": asked}, lambda _: done)


def _listing(answer: Fields) -> str:
    lullaby = answer["lullaby"]
    width = max((len(each) for each in lullaby["tracks"]), default=0)
    lines = [f"{each:{width}}  {sound_title('en', each)}" for each in lullaby["tracks"]]
    more = lullaby["tracks_total"] - len(lines)
    return "\n".join([*lines, f"and {more} more"] if more else lines)
