"""A root file system that is read-only: the daemon keeps its state on another disk, also on one that comes later."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import HANG_S, wait_until
from tests.support.ports import free_port
from tests.support.small_disk import SmallDisk

READ_ONLY = (
    "unshare",
    "-m",
    "sh",
    "-c",
    'mount -o remount,bind,ro / && exec "$0" "$@"',
    sys.executable,
    "-m",
    "babycryd",
)
SETTINGS = """
state_dir: {state}
capture: {{file: {folder}/silence.wav, loop: true}}
mqtt: {{host: 127.0.0.1, port: {broker_port}}}
web: {{port: {port}}}
"""


def config(folder: Path, state: Path) -> list[str]:
    soundfile.write(folder / "silence.wav", np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    text = SETTINGS.format(folder=folder, state=state, port=free_port(), broker_port=free_port())
    return ["run", "--config", str(write_config(folder, text))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("a root that is read-only needs root")
    probe = [*READ_ONLY[:3], "-c", "mount -o remount,bind,ro / && ! touch " + str(tmp_path / "written")]
    if subprocess.run(probe, capture_output=True, check=False).returncode or (tmp_path / "written").exists():
        pytest.skip("no mount namespaces here, or a temporary folder that is not on the root's file system")
    return tmp_path


def test_all_state_is_on_the_other_disk(folder: Path) -> None:
    with SmallDisk(folder) as disk:
        state = disk.path / "babycryd"
        with RunningDaemon(config(folder, state), program=READ_ONLY) as daemon:
            daemon.says("listening to", within_s=HANG_S)
            daemon.says("answering http", within_s=HANG_S)
            wait_until((state / "history.sqlite3").exists, HANG_S, lambda: daemon.lines)
            assert daemon.stop() == 0
        assert [line for line in daemon.lines if "WARNING" in line and "broker" not in line] == []
        assert {each.name for each in state.iterdir()} >= {"history.sqlite3", "outbox.sqlite3"}


def test_a_disk_that_is_missing_stops_no_listening_and_is_used_when_it_comes(folder: Path) -> None:
    with SmallDisk(folder) as disk:
        state = disk.path / "babycryd"
        subprocess.run(["umount", str(disk.path)], check=True)
        with RunningDaemon(config(folder, state), program=READ_ONLY) as daemon:
            daemon.says("listening to", within_s=HANG_S)
            daemon.says("history.sqlite3 cannot be written .*Read-only file system", within_s=HANG_S)
            loop = ["losetup", "--find", "--show", str(folder / "disk.img")]  # out here, where the image can be written
            device = subprocess.run(loop, capture_output=True, text=True, check=True).stdout.strip()
            mount = ["mount", device, str(disk.path)]
            subprocess.run(["nsenter", "-t", str(daemon.process.pid), "-m", *mount], check=True)
            seen = Path(f"/proc/{daemon.process.pid}/root{state}/history.sqlite3")
            wait_until(seen.exists, HANG_S * 2, lambda: daemon.lines)
            assert daemon.stop() == 0
        subprocess.run(["losetup", "--detach", device], check=True)
        disk.mount()
        assert (state / "history.sqlite3").exists()


def test_a_state_folder_that_does_not_outlive_a_restart_is_told(folder: Path) -> None:
    (folder / "memory").mkdir()
    in_memory = list(READ_ONLY)
    in_memory[4] = f'mount -t tmpfs none "{folder}/memory" && exec "$0" "$@"'
    with RunningDaemon(config(folder, folder / "memory/state"), program=in_memory) as daemon:
        daemon.says("listening to", within_s=HANG_S)
        daemon.says("memory/state is on tmpfs, not on a disk: what it keeps is lost", within_s=HANG_S)
        assert daemon.stop() == 0
