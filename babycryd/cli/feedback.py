"""Tell babycryd whether its last alarm was right. A few "false" marks teach it which sounds of your home are no cries.

examples:
  babycryd feedback false                  the last alarm was the cat
  babycryd feedback true                   the last alarm was the baby
  babycryd feedback --list                 what has been heard and marked
  babycryd feedback false --episode 20261122T031502480Z

No sound is kept, only 64 numbers an alarm. A running daemon uses a mark within seconds. Marks never hide a baby who
goes on crying: see docs/decisions/0005-adapting.md.
"""

import argparse
import os
import sys

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.config import Settings, state_folder
from babycryd.feedback.book import Book, FeedbackError
from babycryd.feedback.store import FeedbackStore

HELP = "mark the last alarm as right or wrong, to improve the next ones"
_WORDS = {True: "a cry", False: "a false alarm", None: "not marked"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "verdict", choices=["true", "false"], nargs="?", help="true: it was the baby; false: it was not"
    )
    parser.add_argument("--episode", metavar="ID", help="the alarm to mark, as --list shows it (default: the last one)")
    parser.add_argument("--list", action="store_true", help="show the alarms that can be marked")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    if arguments.list == (arguments.verdict is not None):
        sys.stderr.write("babycryd feedback: say true, false or --list; babycryd feedback --help explains\n")
        return 2
    return with_settings(arguments, lambda settings: _execute(arguments, settings))


def _execute(arguments: argparse.Namespace, settings: Settings) -> int:
    store = FeedbackStore(state_folder(settings, os.environ))
    try:
        if arguments.list:
            sys.stdout.write(_listing(store.read()))
            return 0
        entry = store.mark(arguments.verdict == "true", arguments.episode)
        book = store.read()
    except FeedbackError as error:
        sys.stderr.write(f"babycryd feedback: {why(error)}\n")
        return 1
    counts = {cry: sum(one.cry is cry for one in book.entries) for cry in (True, False)}
    sys.stdout.write(
        f"{entry.episode}: marked as {_WORDS[entry.cry]}; "
        f"{counts[False]} false alarms and {counts[True]} cries are marked now\n"
    )
    return 0


def _listing(book: Book) -> str:
    lines = [f"{one.episode}  {_WORDS[one.cry]}\n" for one in book.entries]
    return "".join(lines) or "no episode has been heard yet\n"
