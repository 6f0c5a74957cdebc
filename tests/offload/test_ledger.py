"""The books: every segment, the month's totals, and the command that shows them."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from babycryd.offload.ledger import Entry, Ledger, LedgerError, months
from babycryd.offload.policy import Usage
from babycryd.offload.settings import PriceSettings
from tests.daemon import write_config

NOVEMBER = datetime(2026, 11, 24, 3, tzinfo=UTC).timestamp()
ENTRY = Entry("s1", NOVEMBER, "CPU pressure", 3.36, 70_000)
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
    assert ledger.used(NOVEMBER) == Usage(70_000, 1)
    assert ledger.used(datetime(2026, 12, 31, tzinfo=UTC).timestamp()) == Usage(140_000, 2)
    assert ledger.used(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) == Usage(0, 0)


def test_the_cost_is_the_sum_of_its_prices() -> None:
    entries = [replace(ANSWERED, segment=str(number)) for number in range(10_000)]
    (month,) = months(entries, PriceSettings())
    assert (month.name, month.segments, month.answered) == ("2026-11", 10_000, 10_000)
    # two writes, five reads, a call, 500 s of a CPU, 20 MB
    assert month.cost_usd == pytest.approx(2 * 0.05 + 5 * 0.004 + 0.004 + 500 / 3600 * 0.0864 + 0.02 * 0.12)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "offload.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match=r"offload\.sqlite3"):
        Ledger(tmp_path)


def ledger_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = write_config(folder, f"state_dir: {folder}\n")
    command = [sys.executable, "-m", "babycryd", "offload", "ledger", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_shows_segments_and_totals(tmp_path: Path) -> None:
    nothing = ledger_command(tmp_path)
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "nothing has ever left the house" in nothing.stderr
    ledger = Ledger(tmp_path)
    ledger.write(ANSWERED)
    ledger.write(
        replace(ENTRY, segment="s2", sent_utc_s=NOVEMBER + 1, outcome="failed", error="the bucket answers 403")
    )
    ledger.close()
    shown = ledger_command(tmp_path).stdout.splitlines()
    assert "CPU pressure" in shown[1]
    assert "0.80 s" in shown[1]
    assert shown[2].endswith("the bucket answers 403")
    assert "2026-11: 2 segments, 0.1 min of sound, 0.1 MB; 1 answered; about 0.0000 USD" in shown
    lines = ledger_command(tmp_path, "--jsonl").stdout.splitlines()
    assert [json.loads(line)["segment"] for line in lines] == ["s1", "s2"]
    assert len(ledger_command(tmp_path, "--last", "0").stdout.splitlines()) == 2
