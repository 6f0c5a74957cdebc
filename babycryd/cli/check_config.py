"""Check a configuration file and print every mistake at once, each with its key and line.

examples:
  babycryd check-config my.yaml
  babycryd check-config --schema > babycryd.schema.json     for editors that complete and validate YAML
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from babycryd.cli.common.configured import EXIT_CONFIG
from babycryd.config import ConfigError, Settings, find_config, load
from babycryd.config.examination import examined
from babycryd.config.load import read_text
from babycryd.config.page_file import page_file_status
from babycryd.core.printable import printable_path

_CLOSED: Final = "not checked, as only the daemon's user may read it: {}; sudo -u babycryd babycryd check-config\n"
_LULLABIES_S: Final = 5.0  # the service waits for this command before it starts
HELP = "check a configuration file; exit 0, or 2 with every mistake"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="?", help="the file; without it the one that `run` would take")
    parser.add_argument(
        "--migrate",
        action="store_true",
        help="bring an earlier version's file up to date, with a backup beside it",
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the file instead")


def execute(arguments: argparse.Namespace) -> int:
    if arguments.schema:
        from babycryd.config import schema

        json.dump(schema(), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return 0
    path = find_config(arguments.path, os.environ)
    try:
        if arguments.migrate and path:
            return _migrate(path)
        closed = examined(path, os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    if closed:
        sys.stderr.write(_CLOSED.format(", ".join(closed)))
    settings = load(path)
    _name_bad_lullabies(settings)
    if page := page_file_status(read_text(path) if path else "", settings, os.environ):
        (sys.stderr if page.fault else sys.stdout).write(f"{page}\n")
    sys.stdout.write(
        f"{printable_path(path)}: good\n" if path else "no configuration file; the built-in defaults are good\n"
    )
    return 0


def _name_bad_lullabies(settings: Settings) -> None:
    """Try the owner's sounds and name those that are left out; that is no mistake in the file, so the code stays 0."""
    if settings.lullaby.folder is None:
        return
    import asyncio

    from babycryd.soothe.player import PlayerError
    from babycryd.soothe.trials import troubles_of_folder

    try:
        troubles = asyncio.run(troubles_of_folder(settings.lullaby.folder, _LULLABIES_S))
    except PlayerError as error:
        troubles = [f"its sounds could not be tried: {error}"]
    sys.stderr.writelines(f"lullaby.folder: {trouble}\n" for trouble in troubles)


def _migrate(path: Path) -> int:
    from babycryd.config.migrate import migrate

    backup = migrate(path)
    said = f"brought up to date; the old one is {printable_path(backup)}" if backup else "up to date"
    sys.stdout.write(f"{printable_path(path)}: {said}\n")
    return 0
