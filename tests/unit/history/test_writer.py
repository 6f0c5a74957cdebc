"""The history's file: what survives, and what is done about a disk or a file that fails."""

import logging
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.core.records import Episode, Lullaby, RecordsError, Stretch
from babycryd.history.database import FILE, MIGRATIONS
from babycryd.history.recorder import Marks, Missed, Moved
from babycryd.history.retention import RetentionLimits
from babycryd.history.store import HistoryReader, HistoryStore
from babycryd.history.task import HistoryWriter

LIMITS = RetentionLimits(keep_days=400, max_mb=50)
T_S = 1_700_000_000.0
EVER_S = 10 * T_S
EPISODE = Episode(
    "20231114T221320000Z", T_S, 20.0, 0.9, T_S + 20, "calm", 12.0, -20.5, -30.5, 80, 60, (0.5, 1.0), model_sha256="sha"
)
DAY_S = 86_400.0


def every_row(folder: Path) -> list[Episode]:
    return HistoryReader(folder).episodes(0.0, EVER_S)


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, LIMITS)
    running = replace(EPISODE, ended_utc_s=None, reason=None, settled_in_s=None, duration_s=0.0)
    lullaby = Lullaby("brahms", T_S + 1, T_S + 60, "calm")
    writer.keep([running, Lullaby("brahms", T_S + 1), Stretch(T_S - 100, T_S, "listening")], T_S)
    assert every_row(tmp_path)[0].ended_utc_s is None
    writer.keep([EPISODE, lullaby, Stretch(T_S, T_S + 30, "crying")], T_S)
    assert every_row(tmp_path) == [replace(EPISODE, lullabies=(lullaby,))]
    assert HistoryReader(tmp_path).episode(EPISODE.id) == replace(EPISODE, lullabies=(lullaby,))
    span = HistoryReader(tmp_path).span(T_S - 50, T_S + 20, T_S + 25)
    assert span.stretches == (Stretch(T_S - 50, T_S, "listening"), Stretch(T_S, T_S + 20, "crying"))
    assert span.lullabies == (lullaby,)
    assert writer.trouble is None


def test_a_mark_outlasts_later_news_of_its_episode(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, LIMITS)
    writer.keep([replace(EPISODE, ended_utc_s=None), Marks(((EPISODE.id, False), ("unknown", True)))], T_S)
    writer.keep([EPISODE], T_S)
    assert [row.cry for row in every_row(tmp_path)] == [False]


def test_only_what_was_going_on_then_is_found(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, LIMITS)
    rows = [replace(EPISODE, id=f"e{n}", started_utc_s=T_S + n, ended_utc_s=T_S + n + 20) for n in (0, 100, 200)]
    writer.keep(rows, T_S)
    found = HistoryReader(tmp_path).episodes(T_S + 110, T_S + 200)
    assert [row.id for row in found] == ["e1".replace("1", "100")]
    with pytest.raises(RecordsError, match="no episode 'x'"):
        HistoryReader(tmp_path).episode("x")


def test_no_file_is_no_history(tmp_path: Path) -> None:
    assert every_row(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()


def test_what_ran_when_it_was_killed_is_closed_at_the_next_start(tmp_path: Path) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from babycryd.history.retention import RetentionLimits
        from babycryd.history.task import HistoryWriter
        from babycryd.core.records import Episode, Lullaby, Stretch
        writer = HistoryWriter(Path({str(tmp_path)!r}), RetentionLimits(400, 50))
        stretch = Stretch({T_S}, {T_S + 40}, "crying")
        writer.keep([Episode("e1", {T_S}, 30.0, 0.9), Lullaby("a", {T_S + 5}), stretch], {T_S})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert run.returncode == -signal.SIGKILL
    writer = HistoryWriter(tmp_path, LIMITS)
    writer.keep([], T_S + 100)
    (episode,) = every_row(tmp_path)
    assert (episode.reason, episode.ended_utc_s, episode.duration_s) == ("interrupted", T_S + 30, 30.0)
    assert episode.lullabies == (Lullaby("a", T_S + 5, T_S + 40, "interrupted"),)


def test_what_a_full_disk_refuses_waits_and_is_written_later(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = HistoryWriter(small_disk, LIMITS)
    writer.keep([EPISODE], T_S)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):  # noqa: PT012  # until nothing is left
        while True:
            file.write(bytes(1024))
    late = [replace(EPISODE, id=f"late{n}", started_utc_s=T_S + n, scores=(0.5,) * 600) for n in range(1, 30)]
    for row in late:
        writer.keep([row], T_S)
    assert "full" in (writer.trouble or "")
    assert len([record for record in caplog.records if "cannot be written" in record.message]) <= 2
    ballast.unlink()
    writer.keep([], T_S)
    assert writer.trouble is None
    assert len(every_row(small_disk)) == 30


def test_a_file_that_makes_no_sense_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 500)
    writer = HistoryWriter(tmp_path, LIMITS)
    writer.keep([EPISODE], T_S)
    assert writer.trouble is None
    assert len(every_row(tmp_path)) == 1
    assert (tmp_path / f"{FILE}.broken-1700000000").read_bytes().startswith(b"this is no database")
    assert "set aside" in caplog.text


def test_a_file_damaged_in_its_middle_is_set_aside_too(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, LIMITS)
    writer.keep([replace(EPISODE, id=f"e{n}", scores=(0.5,) * 600) for n in range(100)], T_S)
    writer.close()
    size = (tmp_path / FILE).stat().st_size
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 8192))
    writer = HistoryWriter(tmp_path, LIMITS)
    for n in range(3):
        writer.keep([replace(EPISODE, id=f"new{n}")], T_S)
    assert {row.id for row in every_row(tmp_path)} >= {"new1", "new2"}
    assert writer.trouble is None


def test_a_newer_file_is_left_alone_with_a_remedy(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("CREATE TABLE future (x)")
        file.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    file.close()
    before = (tmp_path / FILE).read_bytes()
    writer = HistoryWriter(tmp_path, LIMITS)
    for _ in range(2):
        writer.keep([EPISODE], T_S)
    assert "newer babycryd" in (writer.trouble or "")
    assert "upgrade" in (writer.trouble or "")
    with sqlite3.connect(tmp_path / FILE) as file:
        assert [name for (name,) in file.execute("SELECT name FROM sqlite_master")] == ["future"]
    file.close()
    assert before[:16] == (tmp_path / FILE).read_bytes()[:16]
    with pytest.raises(RecordsError, match="a newer"):
        every_row(tmp_path)


def test_an_older_file_is_brought_up_to_date_whole_or_not_at_all(tmp_path: Path) -> None:
    store = HistoryStore(tmp_path / FILE)
    store.keep([EPISODE])
    store.close()
    broken = (*MIGRATIONS, "ALTER TABLE episodes ADD COLUMN mood TEXT; ALTER TABLE nowhere ADD COLUMN x TEXT;")
    with pytest.raises(sqlite3.OperationalError):
        HistoryStore(tmp_path / FILE, broken)
    HistoryStore(tmp_path / FILE).close()  # still of the old form, and well
    HistoryStore(tmp_path / FILE, (*MIGRATIONS, "ALTER TABLE episodes ADD COLUMN mood TEXT;")).close()
    with sqlite3.connect(tmp_path / FILE) as file:
        assert file.execute("SELECT id, mood FROM episodes").fetchall() == [(EPISODE.id, None)]
        assert file.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    file.close()


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, RetentionLimits(keep_days=10, max_mb=50))
    ages = {"old": 11, "new": 9}
    rows = [replace(EPISODE, id=name, started_utc_s=T_S - days * DAY_S) for name, days in ages.items()]
    stretches = [Stretch(T_S - days * DAY_S, T_S - days * DAY_S + 60, "listening") for days in ages.values()]
    writer.keep([*rows, *stretches], T_S)
    assert [row.id for row in every_row(tmp_path)] == ["new"]


def test_the_oldest_go_where_there_is_too_much(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, RetentionLimits(keep_days=10_000, max_mb=1))
    rows = [
        replace(EPISODE, id=f"e{n:04d}", started_utc_s=T_S - n * DAY_S / 2, scores=tuple([0.25] * 600))
        for n in range(1000)
    ]
    writer.keep(rows, T_S)
    left = every_row(tmp_path)
    assert 100 < len(left) < 1000
    assert left[-1].id == "e0000"
    writer.close()
    assert (tmp_path / FILE).stat().st_size < 1.1e6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE episodes SET scores = 'no JSON'",
        "UPDATE episodes SET scores = '7'",
        "UPDATE episodes SET started_utc_s = 'soon', ended_utc_s = NULL",
        "DROP TABLE lullabies",
    ],
)
def test_values_that_are_none_of_ours_are_named(tmp_path: Path, change: str) -> None:
    writer = HistoryWriter(tmp_path, LIMITS)
    writer.keep([EPISODE], T_S)
    writer.close()
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute(change)
    file.close()
    with pytest.raises(RecordsError, match=r"history\.sqlite3 cannot be read"):
        HistoryReader(tmp_path).episode(EPISODE.id)


def test_when_the_clock_is_set_only_the_rows_of_this_run_move(tmp_path: Path) -> None:
    earlier = HistoryWriter(tmp_path, LIMITS)
    earlier.keep([EPISODE, Lullaby("a", T_S, T_S + 9, "calm"), Stretch(T_S, T_S + 30, "listening")], T_S)
    earlier.keep([replace(EPISODE, id="killed", started_utc_s=T_S + 50, ended_utc_s=None)], T_S)
    earlier.close()
    writer = HistoryWriter(tmp_path, LIMITS)
    mine = replace(EPISODE, id="mine", started_utc_s=20.0, ended_utc_s=40.0)
    missed = Missed(replace(EPISODE, id="missed", started_utc_s=T_S + 70, reason="interrupted"))
    writer.keep([mine, Lullaby("b", 21.0, 39.0, "calm"), Stretch(1.0, 60.0, "crying"), missed], 60.0)
    writer.keep([Moved(T_S)], T_S + 60)
    writer.keep([Moved(100.0), Stretch(T_S + 160, T_S + 170, "listening")], T_S + 160)
    rows = {row.id: row for row in every_row(tmp_path)}
    assert rows["mine"].started_utc_s == T_S + 120
    assert rows["mine"].ended_utc_s == T_S + 140
    assert [each.started_utc_s for each in rows["mine"].lullabies] == [T_S + 121]
    assert {name: rows[name].started_utc_s - T_S for name in (EPISODE.id, "killed", "missed")} == {
        EPISODE.id: 0,
        "killed": 50,
        "missed": 70,
    }
    assert HistoryReader(tmp_path).span(T_S + 100, T_S + 170, T_S + 170).stretches == (
        Stretch(T_S + 100, T_S + 101, "off"),
        Stretch(T_S + 101, T_S + 160, "crying"),
        Stretch(T_S + 160, T_S + 170, "listening"),
    )


def test_a_step_of_the_clock_waits_for_a_disk_like_the_records_before_it(small_disk: Path) -> None:
    writer = HistoryWriter(small_disk, LIMITS)
    writer.keep([replace(EPISODE, started_utc_s=20.0)], 20.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HistoryStore, "keep", raising)
        writer.keep([replace(EPISODE, id="late", started_utc_s=30.0)], 30.0)
        writer.keep([Moved(T_S)], T_S)
        writer.keep([Moved(T_S)], T_S)
        writer.keep([replace(EPISODE, id="after", started_utc_s=2 * T_S)], T_S)
    writer.keep([], T_S)
    begun = {row.id: row.started_utc_s for row in every_row(small_disk)}
    assert begun == {EPISODE.id: 2 * T_S + 20, "late": 2 * T_S + 30, "after": 2 * T_S}


def raising(*_: object) -> list[str]:
    raise sqlite3.OperationalError("disk full")


def test_a_record_that_no_table_can_hold_is_left_out_and_the_others_are_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = HistoryWriter(tmp_path, LIMITS)
    broken = [replace(EPISODE, id="nan", duration_s=float("nan")), replace(EPISODE, id="\udce9")]
    odd = Lullaby("caf\udce9\n\x1b[2J", T_S + 1, T_S + 9, "calm")
    writer.keep([*broken, odd, EPISODE, Stretch(T_S, T_S + 9, "deaf", "\udcff unplugged")], T_S)
    assert writer.trouble is None
    (episode,) = every_row(tmp_path)
    assert [each.track for each in episode.lullabies] == ["caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}[2J"]
    assert caplog.text.count("is left out") == 2
    writer.keep([replace(EPISODE, id="next")], T_S)
    assert caplog.text.count("is left out") == 2


def test_a_wrong_clock_deletes_nothing_and_a_right_one_says_what_it_deletes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rows = [replace(EPISODE, id=f"e{n}", started_utc_s=T_S - n * DAY_S) for n in range(20)]
    first = HistoryWriter(tmp_path, LIMITS, lambda: T_S)
    first.keep(rows, T_S)
    first.keep([], T_S + 1100 * DAY_S)  # the retention clock has not moved
    assert len(every_row(tmp_path)) == 20
    assert "deleted" not in caplog.text
    first.close()
    for left in (10, 5, 2, 1, 0):  # even by a clock that is believed, one pass takes the older half at most
        writer = HistoryWriter(tmp_path, LIMITS, lambda: T_S + 1100 * DAY_S)
        writer.keep([], T_S)
        writer.close()
        assert len(every_row(tmp_path)) == left
    assert "10 episodes until 2023-11-04" in caplog.text
    assert "older than history.keep_days (400)" in caplog.text


def test_a_file_full_of_stretches_is_pruned_too(tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path, RetentionLimits(keep_days=10_000, max_mb=1))
    writer.keep([Stretch(T_S + n, T_S + n + 1, "deaf", "x" * 400) for n in range(1900)], T_S)
    writer.keep([Stretch(T_S + n, T_S + n + 1, "deaf", "x" * 400) for n in range(1900, 3800)], T_S + DAY_S)
    writer.close()
    assert (tmp_path / FILE).stat().st_size < 1.1e6
