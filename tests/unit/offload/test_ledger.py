"""The ledger: every piece, the month's totals, and the command that shows them."""

import json
import logging
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from babycryd.offload.ledger import FILE, Ledger, LedgerEntry, LedgerError, MonthUsage, deletion, month_of
from babycryd.offload.settings import PriceSettings
from tests.support.daemon import write_config
from tests.support.unprivileged_user import UNPRIVILEGED

NOVEMBER = datetime(2026, 11, 24, 3, tzinfo=UTC).timestamp()
ENTRY = LedgerEntry("s1", NOVEMBER, "CPU pressure", 3.36, 70_000)
ANSWERED = replace(ENTRY, outcome="answered", latency_s=0.8, reads=3, answer_bytes=2000, function_s=0.05)


def test_an_entry_is_replaced_by_what_became_of_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY)
    ledger.write(ANSWERED)
    ledger.close()
    assert Ledger(tmp_path).entries() == [ANSWERED]


def test_a_month_begins_at_zero(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for day, segment in ((30, "a"), (31, "b")):
        ledger.write(
            replace(ENTRY, segment=segment, sent_utc_s=datetime(2026, 12, day, 23, 59, tzinfo=UTC).timestamp())
        )
    ledger.write(ENTRY)
    assert month_of(NOVEMBER) == "2026-11"
    assert [(month.name, month.pieces, month.n_bytes) for month in ledger.months()] == [
        ("2026-11", 1, 70_000),
        ("2026-12", 2, 140_000),
    ]
    assert ledger.months() == [ledger.month("2026-11"), ledger.month("2026-12")]
    assert ledger.month("2027-01") == MonthUsage("2027-01", 0, 0, 0.0, 0, 0, 0, 0.0)


def test_the_cost_is_the_sum_of_its_prices(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(100):
        ledger.write(replace(ANSWERED, segment=str(number)))
    (month,) = ledger.months()
    assert (month.name, month.pieces, month.answered) == ("2026-11", 100, 100)
    # 200 writes, 500 reads, 100 calls, 5 s of a CPU, 200 kB
    expected = 0.02 * 0.05 + 0.05 * 0.004 + 1e-4 * 0.40 + 5 / 3600 * 0.0864 + 2e-4 * 0.12
    assert month.cost_usd(PriceSettings()) == pytest.approx(expected)
    dear = replace(PriceSettings(), per_10k_writes=5.0)
    assert month.cost_usd(dear) == pytest.approx(expected + 0.02 * 4.95)


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    Ledger(tmp_path).write(ANSWERED)
    file = sqlite3.connect(tmp_path / "offload.sqlite3")
    file.execute("ALTER TABLE segments DROP COLUMN stored")
    file.close()
    assert Ledger(tmp_path).entries() == [ANSWERED]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ANSWERED, "by the function"),
        (replace(ENTRY, outcome="late"), "by the function"),
        (ENTRY, "within a day"),
        (replace(ENTRY, outcome="failed", error="no answer before the deadline"), "within a day"),
        (replace(ENTRY, outcome="failed", stored=False), "never stored"),
    ],
)
def test_what_becomes_of_the_sound_is_told(entry: LedgerEntry, said: str, tmp_path: Path) -> None:
    Ledger(tmp_path).write(entry)
    assert deletion(Ledger(tmp_path).entries()[0]) == said


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "offload.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match=r"offload\.sqlite3"):
        Ledger(tmp_path)


def ledger_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = write_config(folder, f"state_dir: {folder}\n")
    command = [sys.executable, "-m", "babycryd", "offload", "ledger", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o000, 0o600), (0o555, 0o444)])
def test_the_ledger_of_another_user_says_whose_it_is(folder_mode: int, file_mode: int, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    ledger = Ledger(folder)
    ledger.write(ANSWERED)
    ledger.close()
    (folder / FILE).chmod(file_mode)
    folder.chmod(folder_mode)
    config = write_config(tmp_path, f"state_dir: {folder}\n")
    command = [sys.executable, "-m", "babycryd", "offload", "ledger", "--config", str(config)]
    try:
        told = subprocess.run([*UNPRIVILEGED, *command], capture_output=True, text=True, check=False)
    finally:
        folder.chmod(0o700)
    assert told.returncode == 1
    assert told.stderr.startswith("babycryd offload: ")
    assert "run this as the daemon's user (sudo -u babycryd ...)" in told.stderr


def test_the_command_shows_segments_and_totals(tmp_path: Path) -> None:
    nothing = ledger_command(tmp_path)
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "nothing has ever left the house" in nothing.stderr
    ledger = Ledger(tmp_path)
    ledger.write(ANSWERED)
    ledger.write(
        replace(
            ENTRY, segment="s2", sent_utc_s=NOVEMBER + 1, outcome="failed", stored=False, error="the bucket answers 403"
        )
    )
    ledger.close()
    shown = ledger_command(tmp_path).stdout.splitlines()
    assert "CPU pressure" in shown[1]
    assert shown[1].endswith("0.80 s  by the function")
    assert shown[2].endswith("never stored     the bucket answers 403")
    assert "2026-11: 2 pieces, 0.1 min of sound, 0.1 MB; 1 answered; about 0.0000 USD" in shown
    lines = ledger_command(tmp_path, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["segment"] for line in lines] == ["s1", "s2"]
    assert [json.loads(line)["deletion"] for line in lines] == ["by the function", "never stored"]
    assert len(ledger_command(tmp_path, "--last", "0").stdout.splitlines()) == 1


def test_what_is_too_old_goes_by_the_retention_clock_and_with_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    year_s = 365 * 86_400
    earlier = [replace(ENTRY, segment=f"old{n}", sent_utc_s=NOVEMBER - 3 * year_s + n) for n in range(4)]
    ledger = Ledger(tmp_path, lambda: NOVEMBER - 3 * year_s)
    for entry in earlier:
        ledger.write(entry)
    Ledger(tmp_path, lambda: NOVEMBER - 2.9 * year_s).write(replace(ENTRY, sent_utc_s=NOVEMBER + 3 * year_s))
    assert len(ledger.entries()) == 5  # the clock was wrong when the last one was sent
    assert caplog.text == ""
    Ledger(tmp_path, lambda: NOVEMBER).write(ENTRY)
    assert [each.segment for each in ledger.entries()] == ["old3", "s1"]
    assert "3 entries older than 400 days deleted" in caplog.text
    Ledger(tmp_path, lambda: NOVEMBER).write(replace(ENTRY, segment="1970", sent_utc_s=20.0))
    assert "1970" in {each.segment for each in ledger.entries()}  # not deleted by the very write
