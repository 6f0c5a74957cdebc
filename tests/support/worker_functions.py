"""Functions that a worker process calls in the tests."""

import os
import sys
import time
from itertools import count
from pathlib import Path

from babycryd.system.worker_process import Functions


def pid() -> bytes:
    return str(os.getpid()).encode()


def counter(start: str) -> Functions:
    """A program that counts in its process."""
    numbers = count(int(start))

    def advance(*, by: int) -> int:
        return [next(numbers) for _ in range(by)][-1]

    return {"advance": advance, "fail": fail, "pid": pid}


def repeat(text: str, times: int) -> bytes:
    return text.encode() * times


def alone(name: str) -> bytes:
    """Says whether no other call runs meanwhile."""
    try:
        Path(name).touch(exist_ok=False)
    except FileExistsError:
        return b"not alone"
    time.sleep(0.05)
    Path(name).unlink()
    return b"alone"


def fail(why: str) -> bytes:
    raise ValueError(why)


def crash(number: int) -> bytes:
    os.kill(os.getpid(), number)
    return b""


def leave(code: int) -> bytes:
    os._exit(code)


def babble(_: str) -> bytes:
    """Prints to its standard output, as a library might; then ends."""
    sys.stdout.write("hello\n")
    sys.stdout.flush()
    os._exit(0)


def hang() -> bytes:
    time.sleep(600)
    return b"late"


def crash_drawing(drawing: str, zoom: float) -> bytes:
    """A rasterizer that the kernel ends."""
    assert drawing.startswith("<svg")
    assert zoom > 0
    return crash(9)
