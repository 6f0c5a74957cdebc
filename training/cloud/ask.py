"""Answers of the warehouse to five questions; the same SQL runs in BigQuery and in a DuckDB file at home.

    python -m training.cloud.ask home.duckdb                    all five
    python -m training.cloud.ask PROJECT.DATASET latency        one of them

The questions are the files `training/cloud/queries/*.sql`; the first lines of each say what it answers.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from training.cloud.load import opened
from training.cloud.schema import Row
from training.cloud.upload import guarded

QUERIES: Final = {file.stem: file for file in sorted(Path(__file__).with_name("queries").glob("*.sql"))}


def table(rows: Sequence[Row]) -> str:
    """Markdown table of rows that have the same columns; hashes are shortened."""
    if not rows:
        return "(no rows)"
    lines = [f"| {' | '.join(rows[0])} |", "|---" * len(rows[0]) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, row.values()))} |" for row in rows)])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    text = str(value)
    return text[:8] if len(text) in {32, 64} else text


def main() -> None:
    """Ask and print the answers as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="PROJECT.DATASET of BigQuery, or a file that ends with .duckdb")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUERIES)} (default: all)")
    options = parser.parse_args()
    unknown = set(options.questions) - QUERIES.keys()
    if unknown:
        parser.error(f"unknown question {', '.join(sorted(unknown))}; choose from {', '.join(QUERIES)}")

    def answer() -> None:
        warehouse = opened(options.target)
        for name in options.questions or QUERIES:
            print(f"## {name}\n\n{table(warehouse.ask(QUERIES[name].read_text(encoding='utf-8')))}\n")

    guarded(answer)


if __name__ == "__main__":
    main()
