"""Configuration of a command: the `--config` option, loading, and the report of mistakes."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from babycryd.system.files import AS_THE_DAEMON

if TYPE_CHECKING:  # `babycryd run` begins something else before it loads the configuration
    from babycryd.config import Settings

EXIT_CONFIG = 2


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--config`."""
    parser.add_argument(
        "--config",
        metavar="PATH",
        help="configuration file; without it $BABYCRYD_CONFIG, /etc/babycryd/babycryd.yaml, then built-in defaults",
    )


def with_settings(arguments: argparse.Namespace, work: "Callable[[Settings], int]") -> int:
    """Run `work` with the owner's settings, or print every mistake in them and return EXIT_CONFIG."""
    from babycryd.config import ConfigError, find_config, load_in_force

    try:
        settings = load_in_force(find_config(arguments.config, os.environ), os.environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIG
    return work(settings)


def why(error: Exception) -> str:
    """Return the text of an error about the daemon's files, with the remedy where this user may not open them."""
    denied = next((each for each in (error, error.__cause__) if isinstance(each, PermissionError)), None)
    if denied is None:
        return str(error)
    return f"{denied.filename}: {denied.strerror}; {AS_THE_DAEMON}"
