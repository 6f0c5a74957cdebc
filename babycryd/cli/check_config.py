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
from babycryd.config import ConfigError, find_config
from babycryd.config.examination import examined

_CLOSED: Final = "not checked, as only the daemon's user may read it: {}; sudo -u babycryd babycryd check-config\n"
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
    sys.stdout.write(f"{path}: good\n" if path else "no configuration file; the built-in defaults are good\n")
    return 0


def _migrate(path: Path) -> int:
    from babycryd.config.migrate import migrate

    backup = migrate(path)
    sys.stdout.write(f"{path}: brought up to date; the old one is {backup}\n" if backup else f"{path}: up to date\n")
    return 0
