"""Logging to stderr: lines for a terminal, for journald, or as JSON."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from babycryd.core.printable import printable
from babycryd.system.log_writer import LogWriter

LogFormat = Literal["text", "json"]

_LONGEST_LINE: Final = 4000  # characters
_MOST_LINES: Final = 200  # of a traceback, its last ones
_SYSLOG = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}  # sd-daemon(3)


class _JsonFormatter(logging.Formatter):
    """Formatter of a record as one line of JSON: `{"time":…,"level":…,"part":…,"message":…}`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": record.name.removeprefix("babycryd."),
            "message": printable(record.getMessage(), _LONGEST_LINE),
        }
        if record.exc_info:
            fields["traceback"] = "\n".join(_printable_lines(self.formatException(record.exc_info)))
        return json.dumps(fields, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    """Formatter of a record as `21:04:05 WARNING …`; for journald with a level prefix and without the time.

    A record is one line, also where a field holds several; the lines of its traceback follow, indented.
    """

    def __init__(self, *, journald: bool) -> None:
        super().__init__("%(message)s" if journald else "%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._journald = journald

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as logging names it
        return printable(super().formatMessage(record), _LONGEST_LINE)

    def format(self, record: logging.LogRecord) -> str:
        message, _, traceback = super().format(record).partition("\n")
        prefix = f"<{_SYSLOG.get(record.levelname, 6)}>" if self._journald else ""
        return "\n".join([prefix + message, *(f"{prefix}  {line}" for line in _printable_lines(traceback))])


def _printable_lines(text: str) -> list[str]:
    return [printable(line, _LONGEST_LINE) for line in text.splitlines()[-_MOST_LINES:]]


def set_up_logging(log_format: LogFormat, level: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send all log records to stderr. `level`: debug, info, warning or error."""
    # A copy of the descriptor: while PortAudio starts, sounddevice points 2 at /dev/null to silence ALSA.
    handler = LogWriter(os.dup(sys.stderr.fileno()))
    journald = "JOURNAL_STREAM" in environ
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter(journald=journald))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("asyncio", "mqtt", "paho"):  # babycryd's own lines already say what matters of theirs
        logging.getLogger(chatty).setLevel(logging.WARNING)
