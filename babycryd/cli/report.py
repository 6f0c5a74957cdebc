"""Report how the night was: a sentence, every cry, and on request a page or a picture.

examples:
  babycryd report                            the last night, or the one that is going on
  babycryd report --date 2026-11-24          the night before that morning
  babycryd report --since 12h                from then until now
  babycryd report --out night.html           a page of one file
  babycryd report --out night.png            a picture, to send
  babycryd report --week --out week.png      the digest of the seven nights until then
"""

import argparse
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from babycryd.cli.common.configured import add_config_argument, why, with_settings
from babycryd.cli.common.output_file import write_output
from babycryd.cli.common.since import add_since_argument
from babycryd.config import Settings, state_folder
from babycryd.i18n import LANGUAGES

if TYPE_CHECKING:
    from babycryd.report.nights import NightQueries
    from babycryd.report.report import Night

HELP = "report how the night was: a sentence, every cry, a page or a picture"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--date", type=_date, metavar="DAY", help="the morning after the night, such as 2026-11-24")
    parser.add_argument("--week", action="store_true", help="report the seven nights until then in five sentences")
    add_since_argument(parser, "report the time since then instead of a night")
    parser.add_argument(
        "--out", metavar="FILE", help="write the report into a file: FILE.html a page, FILE.png a picture"
    )
    parser.add_argument(
        "--language", choices=tuple(LANGUAGES), help="language of the report, in place of report.language"
    )
    add_config_argument(parser)


def execute(arguments: argparse.Namespace) -> int:
    if arguments.date and arguments.since is not None:
        sys.stderr.write("babycryd report: say --date or --since, not both\n")
        return 2
    no_picture = bool(arguments.out) and Path(arguments.out).suffix != ".png"
    if arguments.week and (arguments.since is not None or no_picture):
        sys.stderr.write("babycryd report: --week takes --date, and --out with a name that ends in .png\n")
        return 2
    if arguments.out and Path(arguments.out).suffix not in {".html", ".png"}:
        sys.stderr.write(f"babycryd report: {arguments.out}: take a name that ends in .html or .png\n")
        return 2
    return with_settings(arguments, lambda settings: _execute(arguments, settings))


def _execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from babycryd.core.records import RecordsError
    from babycryd.history.store import HistoryReader
    from babycryd.report.nights import NightQueries

    queries = NightQueries(HistoryReader(state_folder(settings, os.environ)), settings.report)
    try:
        if arguments.week:
            return _week(queries, arguments, arguments.language or settings.report.language)
        if arguments.since is None:
            night = queries.night(arguments.date or queries.last_night(), arguments.language)
        else:
            night = queries.since(arguments.since, arguments.language)
    except RecordsError as error:
        sys.stderr.write(f"babycryd report: {why(error)}\n")
        return 1
    if arguments.out and not write_output("report", arguments.out, _content(night, Path(arguments.out).suffix)):
        return 1
    sys.stdout.write(_text(night))
    return 0


def _week(queries: "NightQueries", arguments: argparse.Namespace, language: str) -> int:
    """Print the digest of a week, and write its picture. Raises RecordsError."""
    from babycryd.report.rasterizer import png
    from babycryd.report.week import week_drawing, week_sentences, week_title

    week = queries.week(arguments.date or queries.last_night())
    if arguments.out and not write_output("report", arguments.out, png(week_drawing(week, language))):
        return 1
    sys.stdout.write("\n".join([week_title(week, language), *week_sentences(week, language)]) + "\n")
    return 0


def _content(night: "Night", ending: str) -> bytes:
    """Return the report as a picture where the file's name ends in .png, else as a page."""
    from babycryd.report.rasterizer import png
    from babycryd.report.report import drawing, page

    return png(drawing(night)) if ending == ".png" else page(night).encode()


def _text(night: "Night") -> str:
    from babycryd.report.episode_text import describe

    lines = [night.title, night.text]
    lines += [f"  {describe(each, night.language, night.zone)}" for each in night.span.episodes]
    return "\n".join(lines) + "\n"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-24") from None
