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
from babycryd.core.named import did_you_mean, shown
from babycryd.system.process_exit import leave_despite_hanging_threads


class CommandModule(Protocol):
    """Module in `babycryd/cli/`: one command, named as its file; its docstring is the long help."""

    HELP: str
    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def execute(self, arguments: argparse.Namespace) -> int:
        """Run the command; return the exit code."""


# Every module of `babycryd/cli/` but this one: `check_config` is `check-config`
COMMANDS: Final = tuple(
    sorted(
        each.name.replace("_", "-")
        for each in pkgutil.iter_modules(cli.__path__)
        if not each.ispkg and each.name != "main"
    )
)
_EPILOG = """\
A first evening: `babycryd demo` shows what it does, `babycryd devices` finds the microphone, `babycryd run` listens.
exit codes: 0 done, 1 something failed, 2 the configuration or the command line is wrong
"""


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the command line, with these commands. The module of each is imported."""
    top = argparse.ArgumentParser(
        prog="babycryd",
        description="A nursery listener: hears a cry, plays a lullaby, tells the home. Not a safety device.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"babycryd {__version__}")
    subparsers = top.add_subparsers(metavar="COMMAND", required=True)
    for name in commands:
        command = cast(CommandModule, import_module(f"babycryd.cli.{name.replace('-', '_')}"))
        sub = subparsers.add_parser(
            name,
            help=command.HELP,
            description=command.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.set_defaults(execute=command.execute)
    return top


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments; only the module of the command is imported, as a daemon keeps what it imports."""
    named = argv[:1]
    if named and named[0] in COMMANDS:
        return parser(named).parse_args(argv)
    every = parser()
    if not named:
        every.print_help(sys.stderr)
        every.exit(2)
    if not named[0].startswith("-"):
        hint = did_you_mean(named[0], COMMANDS)
        every.exit(2, f"babycryd: there is no command '{shown(named[0])}': `babycryd --help` names all{hint}\n")
    return every.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)
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
