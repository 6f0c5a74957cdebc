"""Write configuration, history, marks and what was learnt into one file, also while the daemon runs.

The file holds no passwords and no sound unless you ask for them. Clips are never in it.

examples:
  sudo babycryd backup babycryd.zip
  sudo babycryd backup babycryd.zip --with-voices       also the recordings of your own voice
  sudo babycryd backup babycryd.zip --with-secrets      also passwords, keys and certificates: keep this file safe

babycryd restore FILE brings it back, here or on another computer.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.config import Settings, find_config, state_folder

HELP = "write configuration, history, marks and what was learnt into one file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file to write, a ZIP archive")
    parser.add_argument("--with-secrets", action="store_true", help="also passwords, keys and certificates")
    parser.add_argument("--with-voices", action="store_true", help="also the recordings of your own voice")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _execute(arguments, settings))


def _execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from babycryd.backup.archive import BackupError
    from babycryd.backup.making import Source, make_backup
    from babycryd.system.plain_files import require_own_links

    target = Path(arguments.file).absolute()
    config, state = find_config(arguments.config, os.environ), state_folder(settings, os.environ)
    source = Source(config, settings, state, secrets=arguments.with_secrets, voices=arguments.with_voices)
    try:
        require_own_links(target)
        made = make_backup(target, source, time.time())
    except (BackupError, OSError) as error:
        sys.stderr.write(f"babycryd backup: {why(error)}\n")
        return 1
    names = ", ".join(each.name for each in made.files)
    size_mb = target.stat().st_size / 1e6
    sys.stdout.write(f"{arguments.file}: {size_mb:.1f} MB: {names}\n")
    return 0
