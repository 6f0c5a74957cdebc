"""Rows of the sounds that soothing tried, in the history's SQLite file."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from babycryd.core.printable import printable
from babycryd.core.records import Episode, SoundTried
from babycryd.core.soothing_events import OUTCOMES

_LONGEST_NAME: Final = 500  # characters of a track's name
_MOST_IDS: Final = 500  # in one query; SQLite takes some thousands


def keep_sound(file: sqlite3.Connection, tried: SoundTried) -> None:
    """Write a sound, in place of an earlier row of the same step. Raises sqlite3.Error."""
    row = (tried.episode, tried.step, printable(tried.sound, _LONGEST_NAME), tried.outcome, tried.took_s)
    file.execute("INSERT OR REPLACE INTO sounds_tried VALUES (?, ?, ?, ?, ?)", row)


def with_sounds(file: sqlite3.Connection, episodes: Sequence[Episode]) -> list[Episode]:
    """Return the episodes with the sounds that were tried in each. Raises sqlite3.Error."""
    by_episode: defaultdict[str, list[SoundTried]] = defaultdict(list)
    for begin in range(0, len(episodes), _MOST_IDS):
        ids = [each.id for each in episodes[begin : begin + _MOST_IDS]]
        places = ", ".join("?" * len(ids))
        query = f"SELECT * FROM sounds_tried WHERE episode IN ({places}) ORDER BY episode, step"  # noqa: S608  # only "?"
        for episode, step, sound, outcome, took_s in file.execute(query, ids):
            known = outcome if outcome in OUTCOMES else None  # a later version may know more
            by_episode[episode].append(SoundTried(episode, step, sound, known, took_s))
    return [replace(each, sounds=tuple(by_episode[each.id])) for each in episodes]


def prune_sounds(file: sqlite3.Connection) -> None:
    """Delete the sounds whose episode is no longer there. Raises sqlite3.Error."""
    file.execute("DELETE FROM sounds_tried WHERE episode NOT IN (SELECT id FROM episodes)")
