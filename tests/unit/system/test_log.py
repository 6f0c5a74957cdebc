"""One record is one line, also where a field holds several; lines of a traceback cannot pass for records."""

import json
import logging

import pytest

from babycryd.system.log import LogFormat, set_up_logging

HOSTILE = "song\n21:04:05 INFO    the baby is calm\r\n<6>\x1b[2Jcalm\u2028\u202e\ud83d"
TAMED = "song 21:04:05 INFO    the baby is calm  <6>�[2Jcalm ��"


def fail() -> None:
    raise OSError(HOSTILE)


def written(capfd: pytest.CaptureFixture[str], log_format: LogFormat, *, journald: bool = False) -> list[str]:
    """The lines of a hostile record, of one with a hostile traceback, and of a very long one."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        set_up_logging(log_format, "info", {"JOURNAL_STREAM": "8:1"} if journald else {})
        log = logging.getLogger("babycryd.test")
        log.warning("lullaby starts: %s", HOSTILE)
        try:
            fail()
        except OSError:
            log.exception("it failed: %s", HOSTILE)
        log.info("x" * 1_000_000)
    finally:
        root.handlers[0].close()
        root.handlers[:] = handlers
        root.setLevel(level)
    return capfd.readouterr().err.split("\n")[:-1]


@pytest.mark.parametrize("journald", [False, True])
def test_a_text_record_is_one_line_and_its_traceback_is_indented(
    capfd: pytest.CaptureFixture[str], *, journald: bool
) -> None:
    first, second, *traceback, last = written(capfd, "text", journald=journald)
    assert first.endswith(("<4>" if journald else " WARNING ") + f"lullaby starts: {TAMED}")
    assert second.endswith(("<3>" if journald else " ERROR   ") + f"it failed: {TAMED}")
    indented = "<3>  " if journald else "  "
    assert all(line.startswith(indented) for line in traceback)
    assert traceback[0] == f"{indented}Traceback (most recent call last):"
    assert all(line.isprintable() for line in [first, second, *traceback, last])
    assert len(last) < 5000


def test_a_json_record_is_one_line_that_reads_back(capfd: pytest.CaptureFixture[str]) -> None:
    lines = written(capfd, "json")
    assert all(line.isprintable() for line in lines)
    first, second, last = map(json.loads, lines)
    assert first["message"] == f"lullaby starts: {TAMED}"
    assert second["traceback"].startswith("Traceback (most recent call last):\n  File ")
    assert all(line.isprintable() for line in second["traceback"].split("\n"))
    assert len(last["message"]) < 5000
