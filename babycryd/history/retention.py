"""Retention of the history: deletes the records that are too old, then the oldest until the file is small enough."""

import sqlite3
from dataclasses import dataclass
from typing import Final

_DAY_S: Final = 86_400.0
_SHARE_PRUNED: Final = 0.1  # of the time on record, deleted at once when the file is too large


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """Limits on age and size of the history."""

    keep_days: int
    max_mb: float


def prune(file: sqlite3.Connection, now_utc_s: float, limits: RetentionLimits) -> None:
    """Delete the records that are too old, then the oldest until the file is small enough. Raises sqlite3.Error."""
    _delete_before(file, now_utc_s - limits.keep_days * _DAY_S)
    while _used_mb(file) > limits.max_mb:
        begin_s, end_s = file.execute(
            "SELECT MIN(at), MAX(at) FROM (SELECT start_utc_s AS at FROM stretches UNION ALL "
            "SELECT started_utc_s FROM episodes UNION ALL SELECT started_utc_s FROM lullabies)"
        ).fetchone()
        if begin_s is None or end_s - begin_s < _DAY_S:
            break
        _delete_before(file, begin_s + max(_DAY_S / 2, (end_s - begin_s) * _SHARE_PRUNED))
    file.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page only


def _delete_before(file: sqlite3.Connection, utc_s: float) -> None:
    with file:
        file.execute("DELETE FROM episodes WHERE started_utc_s < ?", (utc_s,))
        file.execute("DELETE FROM lullabies WHERE started_utc_s < ?", (utc_s,))
        file.execute("DELETE FROM stretches WHERE end_utc_s < ?", (utc_s,))


def _used_mb(file: sqlite3.Connection) -> float:
    pages = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")]
    size = file.execute("PRAGMA page_size").fetchone()[0]
    return float((pages[0] - pages[1]) * size) / 1e6
