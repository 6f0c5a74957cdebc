from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.history import HISTORY, Measured, append, plot, read, regressions

FIRST = Measured("2026-01-02T03:04", "aaa", "2026-01-01T00:00", "1.0", "x86_64", 0.5, 1.0, 90.0, 80.0, 10.0, 100.0)
LATER = replace(FIRST, commit="bbb", committed="2026-01-02T00:00")


def test_what_was_appended_is_read_by_run_and_commit(tmp_path: Path) -> None:
    other = replace(FIRST, run="2026-02-02T03:04")
    for rows in ([LATER, FIRST], [other]):
        append(rows, tmp_path / "history.jsonl")
    assert read(tmp_path / "history.jsonl") == [[FIRST, LATER], [other]]


def test_only_a_clear_growth_within_one_run_is_a_regression() -> None:
    assert regressions([[FIRST, replace(LATER, memory_mb=98.9, start_s=0.5)]]) == []
    (found,) = regressions([[FIRST, replace(LATER, memory_mb=99.5)], [replace(LATER, run="2026-02", memory_mb=200.0)]])
    assert str(found) == "memory_mb: aaa 90 -> bbb 99.5"


def test_the_history_of_this_project_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    runs = read(HISTORY)
    assert sum(len(run) for run in runs) >= 5
    plot(runs, tmp_path / "history.png")
    assert (tmp_path / "history.png").stat().st_size > 10_000
