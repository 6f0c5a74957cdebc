"""Command line: the list of commands, and the handling of failures that they share."""

import argparse
import errno
import io
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from babycryd import __version__, cli
from babycryd.system.process_exit import leave_despite_hanging_threads


class CommandModule(Protocol):
    """Module in `babycryd/cli/`: one command, named as its file; its docstring is the long help."""

    HELP: str
    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def execute(self, arguments: argparse.Namespace) -> int:
        """Run the command; return the exit code."""


def _commands() -> dict[str, CommandModule]:
    """Return every module of `babycryd/cli/` but this one, by its command: `check_config` is `check-config`."""
    names = sorted(each.name for each in pkgutil.iter_modules(cli.__path__) if not each.ispkg and each.name != "main")
    return {name.replace("_", "-"): cast(CommandModule, import_module(f"babycryd.cli.{name}")) for name in names}


COMMANDS: Final = _commands()
_EPILOG = """\
A first evening: `babycryd demo` shows what it does, `babycryd devices` finds the microphone, `babycryd run` listens.
exit codes: 0 done, 1 something failed, 2 the configuration or the command line is wrong
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="babycryd",
        description="A nursery listener: hears a cry, plays a lullaby, tells the home. Not a safety device.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"babycryd {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=command.HELP,
            description=command.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.set_defaults(execute=command.execute)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    arguments = parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may lack a letter, and then shows a ?
            stream.reconfigure(errors="replace")
    try:
        code: int = arguments.execute(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `babycryd replay … | head`: the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:  # with a file name it is not about the output
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write(f"babycryd: the output cannot be written: {error.strerror}\n")
        return 1
    leave_despite_hanging_threads(code)
    return code
