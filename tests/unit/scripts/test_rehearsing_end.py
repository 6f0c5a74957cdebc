"""End of a rehearsal by a signal: it leaves no process and no folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.containers import podman, slim_debian
from tests.support.patience import HANG_S, wait_until

ROOT = Path(__file__).parents[3]
# Runs two steps in a temporary folder, beside an emulator that nothing but the rehearsal's end stops
REHEARSAL = """
import os, subprocess, sys, tempfile, time
from pathlib import Path
from scripts.rehearsing.commands import Commands
from scripts.rehearsing.descendants import none_left
from scripts.rehearsing.main import Rehearsal, run_all
from scripts.rehearsing.steps import Step

here = Path(sys.argv[1])
with none_left(), tempfile.TemporaryDirectory(dir=here) as folder:
    subprocess.Popen(["sh", "-c", f"echo $$ > {here}/emulator.pid; exec sleep 1000"], start_new_session=True)
    steps = [Step(name, "", ((sys.executable, here / f"{name}.py"),) * 2) for name in ("container", "notebooks")]
    run_all(Rehearsal(dict(os.environ), here, here / "log", Commands(here)), steps)
"""
PUTS_AWAY = """
import os, time
from pathlib import Path
Path("container.pid").write_text(str(os.getpid()))
try:
    time.sleep(1000)
finally:
    time.sleep(0.2)
    with open("put-away", "a") as file: file.write("once ")
"""
# Hears no SIGINT, and its kernel is an orphan in a session of its own
STUBBORN = """
import os, signal, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.SIG_IGN)
if not os.fork():
    os.setsid()
    if not os.fork():
        Path("kernel.pid").write_text(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
Path("notebooks.pid").write_text(str(os.getpid()))
time.sleep(1000)
"""
IMPATIENT = """
from scripts.rehearsing import commands, descendants
commands.CLEANING_S = descendants.BY_THEMSELVES_S = 2.0
"""
# Its only process hears no signal that can be ignored, as it is the first one of its container
CONTAINER = """
import sys
from scripts.rehearsing import container
from tests.support.containers import RUN, podman_program
container.NAME = sys.argv[1]
run = [*podman_program(), "run", "--rm", f"--name={sys.argv[1]}", *RUN, "--network=host", sys.argv[2], "sleep", "4321"]
with container.started(run) as running:
    running.communicate()
"""
# Prints whether a process whose parent has ended is below this one
ADOPTS = """
import os, signal
from scripts.rehearsing.descendants import adopt_orphans, descendants
adopt_orphans()
if parent := os.fork():
    os.waitpid(parent, 0)
    (orphan,) = descendants()
    os.kill(orphan, signal.SIGKILL)
    print(os.waitpid(orphan, 0) == (orphan, signal.SIGKILL))
elif not os.fork():
    signal.pause()
"""
WITH_CONTAINER = """
import os, sys
from pathlib import Path
from scripts.rehearsing.commands import Commands
from scripts.rehearsing.descendants import none_left
from scripts.rehearsing.main import Rehearsal, run_all
from scripts.rehearsing.steps import Step

here, *command = Path(sys.argv[1]), sys.executable, "-c", *sys.argv[2:]
with none_left():
    run_all(Rehearsal(dict(os.environ), here, here / "log", Commands(Path.cwd())), [Step("container", "", (command,))])
"""


@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT), (signal.SIGHUP,)])
def test_a_signal_ends_all_that_a_rehearsal_has_started(tmp_path: Path, signals: tuple[signal.Signals, ...]) -> None:
    (tmp_path / "container.py").write_text(PUTS_AWAY)
    (tmp_path / "notebooks.py").write_text(STUBBORN)
    command = [sys.executable, "-c", IMPATIENT + REHEARSAL, str(tmp_path)]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    files = [tmp_path / f"{name}.pid" for name in ("emulator", "container", "notebooks", "kernel")]
    try:
        wait_until(lambda: all(file.exists() and file.read_text() for file in files), HANG_S, lambda: files)
        for number in signals:
            running.send_signal(number)
        assert running.wait(HANG_S) == 128 + signals[0]
    finally:
        running.kill()
    assert not [file.stem for file in files if _runs(int(file.read_text()))]
    assert (tmp_path / "put-away").read_text() == "once ", "a step may clean up, and its second command does not begin"
    assert not [each for each in tmp_path.iterdir() if each.is_dir()]


def test_the_waits_of_a_container_count_although_its_parent_has_ended() -> None:
    told = subprocess.run([sys.executable, "-c", ADOPTS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told == "True\n"


@pytest.mark.slow
def test_a_container_ends_with_its_rehearsal_and_leaves_no_trace(tmp_path: Path) -> None:
    base, name = slim_debian("amd64", tmp_path), "babycryd-rehearsal-ended"
    command = [sys.executable, "-c", WITH_CONTAINER, str(tmp_path), CONTAINER, name, base]
    running = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True)
    try:
        wait_until(lambda: _pids("sleep 4321"), HANG_S, lambda: podman("ps", "--all").stdout)
        container = {*_pids("sleep 4321"), *_pids(f"conmon.*{name}")}
        running.terminate()
        assert running.wait(HANG_S) == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert not [pid for pid in container if _runs(pid)]
    assert podman("container", "exists", name, check=False).returncode == 1


def _pids(pattern: str) -> list[int]:
    """Processes whose command is this, but for those that only hand it on."""
    found = subprocess.run(["pgrep", "--full", f"^[^ ]*{pattern}"], capture_output=True, text=True, check=False).stdout
    return [int(pid) for pid in found.split()]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
