"""What has left the house, and why.

examples:
  babycryd offload ledger               the last segments, and every month's totals with an estimate of its cost
  babycryd offload ledger --last 0      only the totals
  babycryd offload ledger --jsonl       every segment, one JSON object a line
"""

import argparse
import dataclasses
import json
import os
import sys
from datetime import datetime

from babycryd.commands.configured import add_config_argument, with_settings
from babycryd.config import Settings, state_folder
from babycryd.offload.ledger import FILE, Entry, Ledger, LedgerError, Month, months

HELP = "every segment that was sent to the cloud, and what it cost"
_HEAD = "sent                 why            seconds    kB  answer    after"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["ledger"], help="show the ledger")
    parser.add_argument("--last", type=int, default=20, metavar="N", help="so many segments (default 20)")
    parser.add_argument("--jsonl", action="store_true", help="for programs")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _show(settings, arguments))


def _show(settings: Settings, arguments: argparse.Namespace) -> int:
    folder = state_folder(settings, os.environ)
    if not (folder / FILE).exists():
        sys.stderr.write(f"nothing has ever left the house (there is no {folder / FILE})\n")
        return 0
    try:
        ledger = Ledger(folder)
        entries = ledger.entries()
        ledger.close()
    except LedgerError as error:
        sys.stderr.write(f"babycryd offload: {error}\n")
        return 1
    if arguments.jsonl:
        sys.stdout.writelines(json.dumps(dataclasses.asdict(entry)) + "\n" for entry in entries)
        return 0
    shown = entries[max(0, len(entries) - arguments.last) :] if arguments.last > 0 else []
    lines = [_line(entry) for entry in shown]
    if lines:
        sys.stdout.write(
            "sent                 why            seconds    kB  answer    after  \n" + "\n".join(lines) + "\n\n"
        )
    sys.stdout.writelines(_total(month) + "\n" for month in months(entries, settings.offload.prices))
    sys.stdout.write("The function deletes each recording once it is scored; the bucket whatever is a day old.\n")
    return 0


def _line(entry: Entry) -> str:
    sent = datetime.fromtimestamp(entry.sent_utc_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    after = "" if entry.latency_s is None else f"{entry.latency_s:.2f} s"
    what = f"{sent}  {entry.why:<13}  {entry.seconds:7.1f}  {entry.n_bytes / 1000:4.0f}  {entry.outcome:<8}  {after:<7}"
    return (what + (entry.error or "")).rstrip()


def _total(month: Month) -> str:
    return (
        f"{month.name}: {month.segments} segments, {month.seconds / 60:.1f} min of sound, "
        f"{month.n_bytes / 1e6:.1f} MB; {month.answered} answered; about {month.cost_usd:.4f} USD"
    )
