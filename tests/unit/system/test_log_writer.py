"""A reader of the log that stops reading does not block the daemon."""

import fcntl
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from babycryd.system import log_writer
from babycryd.system.log_writer import MOST_WAITING, LogWriter
from tests.support.patience import CLOCK_HANG_S, HANG_S, Stopwatch, wait_until


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A small one: read end, write end."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    yield reading, writing
    for each in (reading, writing):
        try:
            os.close(each)
        except OSError:
            continue  # closed by the test


def logger_to(writing: int) -> tuple[logging.Logger, LogWriter]:
    writer = LogWriter(writing)
    logger = logging.Logger("nursery")  # noqa: LOG001  # private to this test
    logger.addHandler(writer)
    return logger, writer


def read_until(reading: int, last: bytes) -> list[str]:
    read = b""
    while last not in read:
        read += os.read(reading, 65_536)
    return read.decode().splitlines()


def test_lines_come_in_order(pipe: tuple[int, int]) -> None:
    logger, writer = logger_to(pipe[1])
    for number in range(50):
        logger.warning("line %d ü \ud800", number)
    writer.close()
    assert os.read(pipe[0], 4096).decode().splitlines() == [f"line {number} ü \\ud800" for number in range(50)]


def test_logging_does_not_wait_for_a_reader_that_has_stopped(pipe: tuple[int, int]) -> None:
    logger, writer = logger_to(pipe[1])
    os.write(pipe[1], b"x" * 4095 + b"\n")  # full
    logger.warning("the first is stuck in the pipe")
    wait_until(lambda: not writer._waiting, HANG_S, lambda: writer._waiting)
    for number in range(MOST_WAITING + 7):
        logger.warning("line %d", number)
    writer.close()  # gives up
    lines = read_until(pipe[0], b"line %d\n" % (MOST_WAITING + 6))[1:]
    assert lines[:3] == [
        "the first is stuck in the pipe",
        "7 earlier lines are lost: their reader had stopped",
        "line 7",
    ]
    assert lines[-1] == f"line {MOST_WAITING + 6}"
    assert len(lines) == MOST_WAITING + 2


def test_a_reader_that_has_gone_is_no_trouble(pipe: tuple[int, int]) -> None:
    logger, writer = logger_to(pipe[1])
    os.close(pipe[0])
    for _ in range(3):
        logger.warning("said without a reader")
        writer.flush()
    writer.close()
    assert not writer._waiting


def test_a_descriptor_that_does_not_wait_loses_nothing(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    logger, writer = logger_to(pipe[1])
    for number in range(1000):
        logger.warning("line %d", number)
    assert read_until(pipe[0], b"line 999\n") == [f"line {number}" for number in range(1000)]
    writer.close()


def test_a_thread_that_hardly_runs_loses_no_last_line(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    written = log_writer._written

    def at_last_written(descriptor: int, text: bytes) -> bool:
        time.sleep(0.8)  # so long a busy computer does not run it
        return written(descriptor, text)

    monkeypatch.setattr(log_writer, "_written", at_last_written)
    monkeypatch.setattr(log_writer, "_LONGEST_CLOSE_S", CLOCK_HANG_S)  # as the thread may run even later
    logger, writer = logger_to(pipe[1])
    logger.critical("the reason why it ends")
    writer.close()
    os.set_blocking(pipe[0], False)
    assert os.read(pipe[0], 4096) == b"the reason why it ends\n"


def test_a_reader_that_has_stopped_is_not_waited_for(pipe: tuple[int, int]) -> None:
    logger, writer = logger_to(pipe[1])
    os.write(pipe[1], b"x" * 4096)  # full
    logger.warning("said without a reader")
    stopwatch = Stopwatch()
    writer.close()
    assert stopwatch.elapsed_s() < log_writer._LONGEST_CLOSE_S


WHILE_PORTAUDIO_STARTS = """
import logging, os
from babycryd.system.log import set_up_logging
set_up_logging("text", "info")
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # as sounddevice does
logging.getLogger("nursery").info("answering")
logging.shutdown()
"""


def test_a_closed_standard_error_does_not_silence_the_log() -> None:
    run = subprocess.run([sys.executable, "-c", WHILE_PORTAUDIO_STARTS], stderr=subprocess.PIPE, text=True, check=True)
    assert "answering" in run.stderr
