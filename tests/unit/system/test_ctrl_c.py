"""Ctrl+C is held back while processes begin, whichever thread the signal reaches, and is answered afterwards."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from babycryd.system.ctrl_c import ctrl_c_held_back
from tests.support.patience import HANG_S


@pytest.fixture(autouse=True)
def as_in_a_terminal() -> Iterator[None]:
    """A shell that begins the tests in its background has Ctrl+C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def begin_all(while_they_begin: Callable[[], None], begun: list[str]) -> None:
    with ctrl_c_held_back():
        begun.append("first")
        while_they_begin()
        begun.append("second")


def test_it_is_answered_after_all_that_began() -> None:
    begun: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        begin_all(interrupt, begun)
    assert begun == ["first", "second"]


def test_it_is_held_back_where_another_thread_takes_it() -> None:
    arrives, begun = threading.Event(), list[str]()

    def send() -> None:
        arrives.wait(HANG_S)
        interrupt()

    other = threading.Thread(target=send)
    other.start()  # before the mask, as the threads of libraries are

    def take_it() -> None:
        arrives.set()
        other.join()

    with pytest.raises(KeyboardInterrupt):
        begin_all(take_it, begun)
    assert begun == ["first", "second"]


def test_what_begins_meanwhile_does_not_answer_it() -> None:
    program = "import signal; signal.raise_signal(signal.SIGINT); print('goes on')"
    with ctrl_c_held_back():
        begun = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert begun.stdout == "goes on\n"


def test_without_it_ctrl_c_is_as_before() -> None:
    with ctrl_c_held_back():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
