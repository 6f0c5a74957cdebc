"""What commands with a configuration share: where it is found, and how its mistakes are told."""

import argparse
import os
import sys
from collections.abc import Callable

from babycryd.config import ConfigError, Settings, find_config, load
from babycryd.system.files import AS_THE_DAEMON

EXIT_CONFIG = 2


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        metavar="PATH",
        help="configuration file; without it $BABYCRYD_CONFIG, /etc/babycryd/babycryd.yaml, then built-in defaults",
    )


def with_settings(arguments: argparse.Namespace, work: Callable[[Settings], int]) -> int:
    """Do the work with the owner's settings, or tell every mistake in them and return EXIT_CONFIG."""
    try:
        settings = load(find_config(arguments.config, os.environ))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    return work(settings)


def why(error: Exception) -> str:
    """What went wrong with the daemon's files, and what helps where they are closed to this user."""
    denied = next((each for each in (error, error.__cause__) if isinstance(each, PermissionError)), None)
    if denied is None:
        return str(error)
    return f"{denied.filename}: {denied.strerror}; {AS_THE_DAEMON}"
