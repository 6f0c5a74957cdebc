"""Calculations in a process of their own: one at a time, started late, ended early."""

import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from babycryd.system.isolated_call import IsolatedCallError, NoProcessError
from babycryd.system.worker_process import WorkerProcess
from tests.support.patience import HANG_S, until, wait_until
from tests.support.processes import runs, state_of

HERE = "tests.support.worker_functions"


@pytest.fixture
async def worker() -> AsyncIterator[WorkerProcess]:
    made = WorkerProcess()
    yield made
    await made.close()


def is_gone(pid: int) -> bool:
    """Whether there is no such process, not even a zombie."""
    return not Path(f"/proc/{pid}").exists()


async def test_it_calculates_in_one_other_process_which_is_started_late(worker: WorkerProcess) -> None:
    assert (worker.pid, worker.started) == (None, 0)
    pids = {int(await worker.call(f"{HERE}:pid", limit_s=HANG_S)) for _ in range(3)}
    assert pids == {worker.pid}
    assert pids != {os.getpid()}
    assert worker.started == 1
    assert await worker.call(f"{HERE}:repeat", "ü\n", 300_000, limit_s=HANG_S) == "ü\n".encode() * 300_000


async def test_it_makes_one_call_at_a_time(worker: WorkerProcess, tmp_path: Path) -> None:
    names = [str(tmp_path / "lock")] * 5
    assert (
        await asyncio.gather(*(worker.call(f"{HERE}:alone", name, limit_s=HANG_S) for name in names)) == [b"alone"] * 5
    )


async def test_it_ends_when_it_is_idle_and_starts_again(tmp_path: Path) -> None:
    worker = WorkerProcess(idle_s=0.1)
    first = int(await worker.call(f"{HERE}:pid", limit_s=HANG_S))
    await until(lambda: is_gone(first))
    assert worker.pid is None
    assert int(await worker.call(f"{HERE}:pid", limit_s=HANG_S)) != first
    await worker.close()


@pytest.mark.parametrize(
    ("function", "argument", "why"),
    [
        ("fail", "no font", "no font"),
        ("crash", signal.SIGSEGV, "crashed with SIGSEGV"),
        ("crash", signal.SIGKILL, "crashed with SIGKILL"),
        ("leave", 3, "ended without an answer"),
        ("babble", "", "ended without an answer"),
        ("no_such_function", "", "no_such_function"),
    ],
)
async def test_a_call_that_fails_says_why_and_the_next_one_works(
    function: str, argument: object, why: str, worker: WorkerProcess
) -> None:
    with pytest.raises(IsolatedCallError, match=why):
        await worker.call(f"{HERE}:{function}", argument, limit_s=HANG_S)
    assert int(await worker.call(f"{HERE}:pid", limit_s=HANG_S)) == worker.pid


async def test_a_call_that_hangs_or_is_cancelled_is_killed(worker: WorkerProcess) -> None:
    first = int(await worker.call(f"{HERE}:pid", limit_s=HANG_S))
    with pytest.raises(IsolatedCallError, match=r"no answer within 0.3 s"):
        await worker.call(f"{HERE}:hang", limit_s=0.3)
    assert is_gone(first)
    second = int(await worker.call(f"{HERE}:pid", limit_s=HANG_S))
    hanging = asyncio.ensure_future(worker.call(f"{HERE}:hang", limit_s=HANG_S))
    await asyncio.sleep(0.1)
    hanging.cancel()
    await asyncio.wait([hanging])
    assert hanging.cancelled()
    assert is_gone(second)
    assert await worker.call(f"{HERE}:repeat", "x", 1, limit_s=HANG_S) == b"x"  # and not the answer of that one


async def test_a_process_that_is_gone_is_replaced(worker: WorkerProcess) -> None:
    os.kill(int(await worker.call(f"{HERE}:pid", limit_s=HANG_S)), signal.SIGKILL)
    await until(lambda: worker.pid is None)
    assert await worker.call(f"{HERE}:repeat", "x", 1, limit_s=HANG_S) == b"x"


async def test_a_program_keeps_what_it_knows_and_is_called_by_the_names_of_its_functions() -> None:
    worker = WorkerProcess(f"{HERE}:counter", "7", idle_s=math.inf)
    assert [await worker.call("advance", by=by, limit_s=HANG_S) for by in (1, 1, 3)] == [7, 8, 11]
    with pytest.raises(IsolatedCallError) as failed:
        await worker.call("fail", "no sound", limit_s=HANG_S)
    assert (failed.value.kind, failed.value.text) == ("ValueError", "no sound")
    with pytest.raises(IsolatedCallError, match="KeyError"):
        await worker.call(f"{HERE}:pid", limit_s=HANG_S)
    assert worker.started == 1
    await worker.close()


async def test_it_outlasts_the_signals_that_end_the_daemon(worker: WorkerProcess) -> None:
    pid = int(await worker.call(f"{HERE}:pid", limit_s=HANG_S))
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert int(await worker.call(f"{HERE}:pid", limit_s=HANG_S)) == pid


async def test_a_process_that_cannot_be_started_says_so() -> None:
    with pytest.raises(NoProcessError, match="no process can be started: embedded null byte"):
        await WorkerProcess(f"{HERE}:counter", "\0").call("advance", limit_s=HANG_S)


PROGRAM = f"""
import asyncio, os, sys
from babycryd.system.worker_process import WorkerProcess
async def main():
    worker = WorkerProcess()
    print(int(await worker.call("{HERE}:pid", limit_s=30)), flush=True)
    asyncio.ensure_future(worker.call("{HERE}:hang", limit_s=300))
    await asyncio.sleep(300)
asyncio.run(main())
"""


def test_it_does_not_outlive_a_daemon_that_was_killed(tmp_path: Path) -> None:
    env = {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=tmp_path) as daemon:
        assert daemon.stdout is not None
        pid = int(daemon.stdout.readline())
        time.sleep(0.3)  # it hangs in a call now
        daemon.kill()
    # It may stay a zombie for a while: init has adopted it, and collects it when it has time
    wait_until(lambda: not runs(pid), HANG_S, lambda: state_of(pid))
