"""List or delete the recordings of episodes, which `clips.enabled` makes.

examples:
  babycryd clips list
  babycryd clips delete 20261122T031502480Z
  babycryd clips delete --all
"""

import argparse
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.config import Settings, state_folder
from babycryd.core.counting import counted
from babycryd.system.plain_files import require_no_link

if TYPE_CHECKING:
    from babycryd.clips.store import ClipStore

HELP = "list or delete the recordings of episodes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["list", "delete"], help="list all clips, or delete one or all")
    parser.add_argument("episode", nargs="?", metavar="ID", help="the episode whose clip to delete, as `list` shows it")
    parser.add_argument("--all", action="store_true", help="delete all clips, also one that is being recorded")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    if arguments.action == "delete" and bool(arguments.episode) == arguments.all:
        sys.stderr.write("babycryd clips: name the episode whose clip to delete, or say --all\n")
        return 2
    if arguments.action == "list" and (arguments.episode or arguments.all):
        sys.stderr.write("babycryd clips: list takes neither an id nor --all\n")
        return 2
    return with_settings(arguments, lambda settings: _execute(arguments, settings))


def _execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from babycryd.clips.store import ClipStore
    from babycryd.core.records import RecordsError

    store = ClipStore(state_folder(settings, os.environ))
    try:
        require_no_link(store.folder)
        if arguments.action == "list":
            sys.stdout.write(_listing(store, settings))
        elif arguments.all:
            sys.stdout.write(f"{counted(store.delete_all(), 'clip')} deleted\n")
        else:
            store.delete(arguments.episode)
            sys.stdout.write(f"the clip of {arguments.episode} is deleted\n")
    except (RecordsError, OSError) as error:
        sys.stderr.write(f"babycryd clips: {why(error)}\n")
        return 1
    return 0


def _listing(store: "ClipStore", settings: Settings) -> str:
    lines = [
        f"{clip.episode}  {datetime.fromtimestamp(clip.started_utc_s).astimezone():%Y-%m-%d %H:%M:%S}  "
        f"{clip.length_s:5.0f} s  {clip.n_bytes / 1e6:5.1f} MB  {store.folder / clip.episode}.flac\n"
        for clip in store.clips()
    ]
    recorded = "recorded" if settings.clips.enabled else "not recorded (clips.enabled is false)"
    return "".join(lines) or f"no clips in {store.folder}; episodes are {recorded}\n"
