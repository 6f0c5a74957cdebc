"""Retention of the history: deletes the records that are too old, then the oldest until the file is small enough."""

import logging
import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from babycryd.core.counting import counted
from babycryd.core.retention import too_old_until
from babycryd.history.sounds_tried import prune_sounds

log = logging.getLogger(__name__)

_SHARE_PRUNED: Final = 10  # one part of so many of the records is deleted at once when the file is too large
_EPISODES: Final = "SELECT started_utc_s FROM episodes"
_STRETCHES: Final = "SELECT start_utc_s FROM stretches"


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """Limits on age and size of the history."""

    keep_days: int
    max_mb: float


def prune(file: sqlite3.Connection, now_utc_s: float, limits: RetentionLimits) -> None:
    """Delete the records that are too old by the retention clock, then the oldest until the file is small enough.

    Each deletion of episodes is logged. Raises sqlite3.Error.
    """
    until_utc_s = too_old_until(_times(file, _EPISODES) or _times(file, _STRETCHES), limits.keep_days, now_utc_s)
    _delete(file, until_utc_s, f"older than history.keep_days ({limits.keep_days})")
    why = f"the file is larger than history.max_mb ({limits.max_mb:g})"
    while _used_mb(file) > limits.max_mb:
        times = _times(file, f"{_EPISODES} UNION ALL {_STRETCHES}")
        if len(times) < _SHARE_PRUNED or not _delete(file, times[len(times) // _SHARE_PRUNED], why):
            break
    file.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page only


def _times(file: sqlite3.Connection, query: str) -> list[float]:
    """Return when each record of a query began, sorted."""
    return sorted(at for (at,) in file.execute(query))


def _delete(file: sqlite3.Connection, until_utc_s: float, why: str) -> int:
    """Delete everything up to this time; return the number of records."""
    with file:
        episodes = file.execute("DELETE FROM episodes WHERE started_utc_s <= ?", (until_utc_s,)).rowcount
        others = file.execute("DELETE FROM lullabies WHERE started_utc_s <= ?", (until_utc_s,)).rowcount
        others += file.execute("DELETE FROM stretches WHERE end_utc_s <= ?", (until_utc_s,)).rowcount
        prune_sounds(file)
    if episodes:
        until = time.strftime("%Y-%m-%d %H:%M", time.localtime(until_utc_s))
        log.info("history: %s until %s deleted: %s", counted(episodes, "episode"), until, why)
    return episodes + others


def _used_mb(file: sqlite3.Connection) -> float:
    pages = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")]
    size = file.execute("PRAGMA page_size").fetchone()[0]
    return float((pages[0] - pages[1]) * size) / 1e6
