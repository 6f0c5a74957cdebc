"""Bring back what `babycryd backup` wrote: configuration, history, marks and what was learnt. Stop babycryd first.

Everything in the file is checked before anything is replaced. What it replaces is kept: the configuration as
NAME.replaced-TIME, the state in a folder replaced-TIME of the state folder. Restore only a backup that you made: its
configuration decides what babycryd does here.

examples:
  sudo systemctl stop babycryd
  sudo babycryd restore babycryd.zip
  sudo systemctl start babycryd
"""

import argparse
import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from babycryd.cli.common.configured import EXIT_CONFIG, add_config_argument, why
from babycryd.config import ConfigError, find_config
from babycryd.config.load import SYSTEM_PATH
from babycryd.core.printable import printable

if TYPE_CHECKING:
    from babycryd.backup.restoring import Restored

HELP = "bring back what `backup` wrote, and keep what it replaces"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file that `babycryd backup` wrote")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    from babycryd.backup.archive import BackupError
    from babycryd.backup.restoring import restore
    from babycryd.system.plain_files import opened_plain

    config = find_config(arguments.config, os.environ) or SYSTEM_PATH
    try:
        with (
            opened_plain(Path(arguments.file), os.O_RDONLY, follow=True) as descriptor,
            os.fdopen(descriptor, "rb", closefd=False) as file,
        ):
            done = restore(file, config, os.environ, time.time())
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    except (BackupError, OSError) as error:
        sys.stderr.write(f"babycryd restore: {printable(arguments.file)}: {why(error)}\n")
        return 1
    sys.stdout.write(_told(done))
    return 0


def _told(done: "Restored") -> str:
    made = datetime.fromtimestamp(done.manifest.made_utc_s).astimezone()
    lines = [
        f"restored the backup of {made:%Y-%m-%d %H:%M}, made by babycryd {done.manifest.babycryd}, in {done.state}"
    ]
    if done.config is not None:
        lines.append(f"the configuration is {done.config}")
    if done.replaced is not None:
        lines.append(f"what was there before is in {done.replaced}")
    lines += [f"write this file by hand, it lies outside of both folders: {key}" for key in done.left_out]
    return "\n".join(lines) + "\n"
