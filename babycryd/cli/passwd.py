"""Set the password of the live page. Only its hash is kept; after a forgotten password set another one.

examples:
  babycryd passwd                   asks twice
  babycryd passwd < file            takes the file's first line
  babycryd passwd --remove          without a password, only this computer is answered
A running daemon takes up a new password within seconds, and every session ends. The first password needs a restart.
"""

import argparse
import getpass
import os
import sys

from babycryd.cli.common.configured import EXIT_CONFIG, add_config_argument
from babycryd.config import ConfigError, find_config, load, state_folder
from babycryd.config.access import password_path
from babycryd.system.files import write_whole

HELP = "set the password of the live page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_argument(parser)
    parser.add_argument("--remove", action="store_true", help="remove the password")


def execute(arguments: argparse.Namespace) -> int:
    from babycryd.web.auth.passwords import LONGEST, SHORTEST, hash_of

    try:
        settings = load(find_config(arguments.config, os.environ))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    path, folder = password_path(settings, os.environ), state_folder(settings, os.environ)
    try:
        if arguments.remove:
            path.unlink(missing_ok=True)
            sys.stdout.write(f"{path} is gone; restart babycryd\n")
            return 0
        password = _asked()
        if password is None or not SHORTEST <= len(password) <= LONGEST:
            why = "the two differ" if password is None else f"it must have {SHORTEST} to {LONGEST} characters"
            sys.stderr.write(f"babycryd: nothing was changed: {why}\n")
            return 1
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{hash_of(password)}\n".encode(), mode=0o600, owner=folder)  # for the daemon only
    except OSError as error:
        remedy = "run this as root, or as the daemon's user: sudo -u babycryd babycryd passwd"
        sys.stderr.write(f"babycryd: {path}: {error.strerror}; {remedy}\n")
        return 1
    sys.stdout.write(f"kept in {path}\n")
    return 0


def _asked() -> str | None:
    """Return the password from the terminal or stdin; None where the second entry differs."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password for the live page: ")
    return password if getpass.getpass("Once more: ") == password else None
