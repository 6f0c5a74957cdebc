"""Silence of stderr: for as long as one thread wants it, and then no longer."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from babycryd.core.silenced_stderr import give_stderr_back, stderr_silenced
from tests.support.patience import HANG_S

ROOT = Path(__file__).parents[3]
NOWHERE = os.stat(os.devnull).st_rdev  # noqa: PTH116  # of a device, beside that of a descriptor


def is_silent() -> bool:
    return os.fstat(2).st_rdev == NOWHERE


@pytest.fixture(autouse=True)
def stderr_goes_somewhere() -> Iterator[None]:
    before = os.dup(2)
    read, write = os.pipe()
    os.dup2(write, 2)
    yield
    os.dup2(before, 2)
    for each in (before, read, write):
        os.close(each)


def test_it_is_silent_for_the_block_and_also_where_the_block_fails() -> None:
    with suppress(ZeroDivisionError), stderr_silenced():
        assert is_silent()
        raise ZeroDivisionError
    assert not is_silent()


def test_threads_that_overlap_leave_no_silence_behind() -> None:
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with stderr_silenced():
            inside.set()
            leave.wait(HANG_S)

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(HANG_S)
    with stderr_silenced():
        leave.set()
        thread.join(HANG_S)
        assert is_silent()  # the first one ended, and this one still wants it
    assert not is_silent()


def test_a_program_in_this_ones_place_has_stderr_again() -> None:
    with stderr_silenced():
        give_stderr_back()
        assert not is_silent()
    give_stderr_back()  # there is no silence to end
    assert not is_silent()


def test_portaudio_and_the_networks_may_start_at_the_same_time() -> None:
    """sounddevice silences stderr in a way of its own; what it gives back must be what was there before both."""
    program = """
import threading
from babycryd.capture.portaudio import load_sounddevice, restart
from babycryd.core.silenced_stderr import stderr_silenced

sd = load_sounddevice()
def starts():
    for _ in range(20): restart(sd)
thread = threading.Thread(target=starts)
thread.start()
while thread.is_alive():
    with stderr_silenced():
        pass
import sys
sys.stderr.write("still heard")
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False)
    if "PortAudio is missing" in done.stderr:
        pytest.skip("no PortAudio: apt install libportaudio2")
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("still heard")


def test_no_free_descriptor_costs_the_silence_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_free(*_: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("babycryd.core.silenced_stderr.os.open", none_free)
    with stderr_silenced():
        assert not is_silent()
    monkeypatch.undo()
    with stderr_silenced():
        assert is_silent()
    assert not is_silent()
