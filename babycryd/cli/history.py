"""Export the history of the baby's crying for a spreadsheet or another program.

examples:
  babycryd history export                                 every episode, as CSV
  babycryd history export --since 30d --out cries.csv
  babycryd history export --format json                   with the score curve of each episode
  babycryd history export --format parquet --out cries.parquet    the same for DuckDB, pandas or BigQuery
"""

import argparse
import os
import sys

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.cli.common.output_file import write_output
from babycryd.cli.common.since import add_since_argument
from babycryd.config import Settings, state_folder

HELP = "export the episodes as CSV, JSON or Parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["export"], help="write every episode")
    parser.add_argument(
        "--format",
        choices=("csv", "json", "parquet"),
        default="csv",
        help="format of the file (default csv; parquet needs pyarrow)",
    )
    add_since_argument(parser, "export only episodes since then")
    parser.add_argument("--out", metavar="FILE", help="write into this file instead of the terminal")
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    return with_settings(arguments, lambda settings: _export(arguments, settings))


def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    import asyncio

    from babycryd.core.records import RecordsError
    from babycryd.history.store import HistoryReader
    from babycryd.report.nights import NightQueries

    queries = NightQueries(HistoryReader(state_folder(settings, os.environ)), settings.report)
    try:
        exported = asyncio.run(queries.export(arguments.format, arguments.since or 0.0))
    except RecordsError as error:
        sys.stderr.write(f"babycryd history: {why(error)}\n")
        return 1
    if not arguments.out:
        sys.stdout.buffer.write(exported)
        return 0
    return 0 if write_output("history", arguments.out, exported) else 1
