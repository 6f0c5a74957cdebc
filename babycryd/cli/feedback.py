"""Tell babycryd whether its last alarm was right. A few "false" marks teach it which sounds of your home are no cries.

It also learns every night from long cries and from short sounds that were none (feedback.learn_home switches this off).

examples:
  babycryd feedback false                  the last alarm was the cat
  babycryd feedback true                   the last alarm was the baby
  babycryd feedback --list                 what has been heard and marked: local time, length, id, mark
  babycryd feedback false --episode 20261122T031502480Z
  babycryd feedback --forget               delete all marks and what it has learnt about your home

No sound is kept, only 128 numbers an alarm and 64 a sound. A running daemon uses a mark within seconds. Marks never
hide a baby who goes on crying: see docs/decisions/0005-adapting.md and 0015-learning-the-home.md.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.cli.common.running_daemon import tell_of_demo
from babycryd.cli.common.words import local_time
from babycryd.config import Settings, state_folder
from babycryd.core.counting import counted
from babycryd.core.event_text import duration_text
from babycryd.core.records import RecordsError
from babycryd.feedback.book import Book, FeedbackError
from babycryd.feedback.home_store import HomeStore
from babycryd.feedback.store import FeedbackStore

HELP = "mark the last alarm as right or wrong, to improve the next ones"
_WORDS = {True: "a cry", False: "a false alarm", None: "not marked"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "verdict", choices=["true", "false"], nargs="?", help="true: it was the baby; false: it was not"
    )
    parser.add_argument("--episode", metavar="ID", help="the alarm to mark, as --list shows it (default: the last one)")
    parser.add_argument("--list", action="store_true", help="show the alarms that can be marked")
    parser.add_argument("--forget", action="store_true", help="delete all marks and what was learnt about the home")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    if [arguments.list, arguments.forget, arguments.verdict is not None].count(True) != 1:
        sys.stderr.write("babycryd feedback: say true, false, --list or --forget; babycryd feedback --help explains\n")
        return 2
    return with_settings(arguments, lambda settings: _execute(arguments, settings))


def _execute(arguments: argparse.Namespace, settings: Settings) -> int:
    folder = state_folder(settings, os.environ)
    store = FeedbackStore(folder)
    if not arguments.forget:
        tell_of_demo("feedback", settings)
    try:
        if arguments.forget:
            sys.stdout.write(_forget(store, HomeStore(folder)))
            return 0
        if arguments.list:
            sys.stdout.write(_listing(store.read(), _lengths(folder)))
            return 0
        entry = store.mark(arguments.verdict == "true", arguments.episode)
        book = store.read()
    except FeedbackError as error:
        sys.stderr.write(f"babycryd feedback: {why(error)}\n")
        return 1
    counts = {cry: sum(one.cry is cry for one in book.entries) for cry in (True, False)}
    sys.stdout.write(
        f"{entry.episode}: marked as {_WORDS[entry.cry]}; "
        f"marked in all: {counted(counts[False], 'false alarm')}, {counted(counts[True], 'cry')}\n"
    )
    return 0


def _forget(store: FeedbackStore, home: HomeStore) -> str:
    marks, learnt = store.delete(), home.delete()
    if not marks and not learnt:
        return "there was nothing to forget\n"
    return (
        "the marks, and what was learnt about this home, are deleted; a running daemon forgets them within seconds\n"
        "the history still knows which alarms you marked, as figures for the reports\n"
    )


def _listing(book: Book, lengths: Mapping[str, float | None]) -> str:
    lines = [
        f"{_began(one.episode):19}  {_length(one.episode, lengths):>10}  {one.episode}  {_WORDS[one.cry]}\n"
        for one in book.entries
    ]
    return "".join(lines) or "no episode has been heard yet\n"


def _began(episode: str) -> str:
    """Return the local time in the id of an episode, `20261122T031502480Z`; a dash for another id."""
    try:
        return local_time(datetime.strptime(f"{episode[:15]}Z", "%Y%m%dT%H%M%S%z").timestamp())
    except (ValueError, OverflowError, OSError):
        return "-"


def _length(episode: str, lengths: Mapping[str, float | None]) -> str:
    duration_s = lengths.get(episode)
    if duration_s is None:
        return "no end yet" if episode in lengths else "-"
    return duration_text(duration_s)


def _lengths(folder: Path) -> Mapping[str, float | None]:
    """Return the length of each episode of the history, in seconds by id; None while it has no end."""
    from babycryd.history.store import HistoryReader

    try:
        episodes = HistoryReader(folder).episodes(0.0, time.time() + 1.0)
    except RecordsError:
        return {}
    return {each.id: None if each.ended_utc_s is None else each.duration_s for each in episodes}
