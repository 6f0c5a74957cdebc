"""Show the ledger of every piece of sound that was sent to the cloud: when, why, its answer, and when it is deleted.

examples:
  babycryd offload ledger               the last 20 pieces, and every month's totals with an estimate of its cost
  babycryd offload ledger --last 0      only the totals
  babycryd offload ledger --jsonl       every piece, one JSON object a line
"""

import argparse
import dataclasses
import json
import os
import sqlite3
import sys
from datetime import datetime

from babycryd.cli.common.configured import add_config_argument, with_settings
from babycryd.config import Settings, state_folder
from babycryd.offload.ledger import FILE, Ledger, LedgerEntry, LedgerError, MonthUsage, deletion
from babycryd.offload.settings import PriceSettings
from babycryd.system.files import AS_THE_DAEMON

HELP = "show what was sent to the cloud, and what it cost"
_HEAD = "sent                 why            seconds    kB  answer    after   deleted"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["ledger"], help="show the ledger")
    parser.add_argument("--last", type=int, default=20, metavar="N", help="show the last N pieces (default 20)")
    parser.add_argument("--jsonl", action="store_true", help="every piece as a line of JSON, for programs")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _show(settings, arguments))


def _show(settings: Settings, arguments: argparse.Namespace) -> int:
    folder = state_folder(settings, os.environ)
    try:
        if not (folder / FILE).exists():
            sys.stderr.write(f"nothing has ever left the house (there is no {folder / FILE})\n")
            return 0
        ledger = Ledger(folder)
        entries, totals = ledger.entries(), ledger.months()
        ledger.close()
    except (LedgerError, PermissionError) as error:
        # This user may not open the file, or may only read it: SQLite wants to write beside it even so.
        is_anothers = isinstance(error.__cause__ or error, PermissionError | sqlite3.OperationalError)
        remedy = f"; {AS_THE_DAEMON}" if is_anothers else ""
        sys.stderr.write(f"babycryd offload: {error}{remedy}\n")
        return 1
    if arguments.jsonl:
        rows = [dataclasses.asdict(entry) | {"deletion": deletion(entry)} for entry in entries]
        sys.stdout.writelines(json.dumps(each) + "\n" for each in rows)
        return 0
    shown = entries[max(0, len(entries) - arguments.last) :] if arguments.last > 0 else []
    lines = [_line(entry) for entry in shown]
    if lines:
        sys.stdout.write("\n".join([_HEAD, *lines]) + "\n\n")
    sys.stdout.writelines(_total(month, settings.offload.prices) + "\n" for month in totals)
    return 0


def _line(entry: LedgerEntry) -> str:
    sent = datetime.fromtimestamp(entry.sent_utc_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    after = "" if entry.latency_s is None else f"{entry.latency_s:.2f} s"
    what = f"{sent}  {entry.why:<13}  {entry.seconds:7.1f}  {entry.n_bytes / 1000:4.0f}  {entry.outcome:<8}  {after:<6}"
    return f"{what}  {deletion(entry):<15}  {entry.error or ''}".rstrip()


def _total(month: MonthUsage, prices: PriceSettings) -> str:
    return (
        f"{month.name}: {month.pieces} pieces, {month.seconds / 60:.1f} min of sound, "
        f"{month.n_bytes / 1e6:.1f} MB; {month.answered} answered; about {month.cost_usd(prices):.4f} USD"
    )
