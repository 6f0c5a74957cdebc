"""A call in a process of its own: everything that happens there is a result or one error here."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from babycryd.system import isolated_call
from babycryd.system.isolated_call import IsolatedCallError, NoProcessError, call_isolated, end_process, kill_process
from tests.support.patience import HANG_S, wait_until


async def test_the_result_comes_back() -> None:
    assert await call_isolated("json:loads", '{"a": ["ü", null]}', limit_s=HANG_S) == {"a": ["ü", None]}


async def test_what_a_library_prints_is_no_part_of_the_result() -> None:
    assert await call_isolated("builtins:print", "hello", limit_s=HANG_S) is None


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("os:abort", (), "crashed with SIGABRT"),
        ("ctypes:string_at", (0,), "crashed with SIGSEGV"),
        ("signal:raise_signal", (40,), "crashed with signal 40"),
        ("os:_exit", (3,), "ended without an answer, exit code 3"),
        ("sys:exit", ("no more",), "SystemExit: no more"),
        ("builtins:int", ("no number",), "ValueError: invalid literal"),
        ("os:fsdecode", ([1],), "TypeError: expected str, bytes"),
        ("builtins:set", (), "ended without an answer, exit code 1"),
        ("no_such_module:at_all", (), "ModuleNotFoundError"),
    ],
)
async def test_every_other_end_is_an_error_that_says_how(function: str, arguments: tuple[object], message: str) -> None:
    with pytest.raises(IsolatedCallError, match=message):
        await call_isolated(function, *arguments, limit_s=HANG_S)


async def test_a_call_that_does_not_come_back_is_ended() -> None:
    began_s = time.monotonic()
    with pytest.raises(IsolatedCallError, match=r"no answer within 0\.2 s"):
        await call_isolated("time:sleep", 2 * HANG_S, limit_s=0.2)
    assert time.monotonic() - began_s < HANG_S


async def test_a_caller_that_is_cancelled_leaves_no_process_behind() -> None:
    before = _children()
    call = asyncio.create_task(call_isolated("time:sleep", 2 * HANG_S, limit_s=HANG_S), name="call")
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert set(_children()) <= set(before)


async def test_the_current_folder_and_the_environment_lend_no_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "planted.py").write_text("here = lambda: 1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(IsolatedCallError, match="No module named 'planted'"):
        await call_isolated("planted:here", limit_s=HANG_S)


async def test_an_editable_installation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(Path(__file__).parents[3])
    monkeypatch.setattr("sys.path", [each for each in sys.path if each not in {root, "", "."}])
    assert await call_isolated("babycryd.core.printable:printable", "a\n", limit_s=HANG_S) == "a "


async def test_a_computer_that_lets_no_process_run_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoProcessError, match="was killed"):
        await call_isolated("signal:raise_signal", 9, limit_s=HANG_S)
    monkeypatch.setattr("sys.executable", "/no/such/python")
    with pytest.raises(NoProcessError, match="no process can be started: No such file"):
        await call_isolated("os:getpid", limit_s=HANG_S)


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


async def test_no_call_leaves_a_zombie() -> None:
    before = _children()
    await call_isolated("os:getpid", limit_s=HANG_S)
    wait_until(lambda: set(_children()) <= set(before), HANG_S, _children)


async def test_a_process_may_be_killed_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(30):
        process = await asyncio.create_subprocess_exec("sleep", "60")
        while process.returncode is None:
            kill_process(process)
            await asyncio.sleep(0)
        assert process.returncode == -signal.SIGKILL
    assert caplog.text == ""


async def test_a_process_that_no_signal_ends_is_told_and_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As one that the kernel holds in a device that hangs, for which the signal is kept here."""
    monkeypatch.setattr(isolated_call, "kill_process", lambda _: None)
    monkeypatch.setattr(isolated_call, "_KILL_LIMIT_S", 0.5)
    process = await asyncio.create_subprocess_exec("sleep", "1000")
    await end_process(process)
    assert process.returncode is None
    assert f"process {process.pid} was killed and has not ended" in caplog.text
    process.kill()
    await process.wait()
