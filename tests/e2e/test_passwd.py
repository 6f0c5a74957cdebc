"""`babycryd passwd`, and that nothing is opened to the network without it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.web.auth.passwords import is_right
from tests.support.called_commands import called
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import CLOCK_HANG_S, HANG_S
from tests.support.ports import free_port
from tests.support.unprivileged_user import UNPRIVILEGED

CONFIG = "state_dir: {folder}/state\nweb: {{host: 0.0.0.0, port: {port}{more}}}\n"


def config(folder: Path, more: str = "") -> Path:
    return write_config(folder, CONFIG.format(folder=folder, port=free_port(), more=more))


def babycryd(*arguments: object, told: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "babycryd", *map(str, arguments)]
    return subprocess.run(command, input=told, capture_output=True, text=True, check=False, timeout=CLOCK_HANG_S)


def test_check_config_allows_no_other_address_without_a_password(tmp_path: Path) -> None:
    refused = babycryd("check-config", config(tmp_path))
    assert refused.returncode == 2
    assert "web.host" in refused.stderr
    assert "babycryd passwd" in refused.stderr


def test_without_a_password_no_other_address_is_opened_until_there_is_one(tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
    port = free_port()
    path = write_config(
        tmp_path, CONFIG.format(folder=tmp_path, port=port, more="") + f"capture: {{file: {silence}, loop: true}}\n"
    )
    with RunningDaemon(["run", "--config", str(path)]) as daemon:
        daemon.says("web stays closed, and is tried again: .*web.host: .*babycryd passwd", within_s=HANG_S)
        daemon.says("listening to", within_s=HANG_S)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), 5)
        assert babycryd("passwd", "--config", path, told="correct horse\n").returncode == 0
        daemon.says("answering http", within_s=HANG_S)
        assert daemon.stop() == 0


def test_a_password_is_kept_as_its_hash_for_its_owner_only(tmp_path: Path) -> None:
    path = config(tmp_path)
    assert called("passwd", "--config", path, told="correct horse\n").returncode == 0
    kept = tmp_path / "state" / "web-password"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "horse" not in kept.read_text()
    assert is_right("correct horse", kept.read_text().strip())
    assert called("check-config", path).returncode == 0
    assert called("passwd", "--config", path, "--remove").returncode == 0
    assert called("check-config", path).returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_root_sets_the_daemon_can_read(elsewhere: bool, tmp_path: Path) -> None:  # noqa: FBT001  # a case
    other = tmp_path / "etc" / "web-password"
    path = config(tmp_path, f", password_file: {other}" if elsewhere else "")
    daemon = 12_345
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", daemon, daemon)
    assert called("passwd", "--config", path, told="correct horse\n").returncode == 0
    kept = (other if elsewhere else tmp_path / "state" / "web-password").stat()
    assert (kept.st_uid, kept.st_gid, kept.st_mode & 0o777) == (daemon, daemon, 0o600)


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
def test_a_poor_password_changes_nothing(password: str, tmp_path: Path) -> None:
    refused = called("passwd", "--config", config(tmp_path), told=f"{password}\n")
    assert refused.returncode == 1
    assert "8 to 256 characters" in refused.stderr
    assert not (tmp_path / "state" / "web-password").exists()


def test_who_may_not_look_for_a_password_can_check_all_the_same(tmp_path: Path) -> None:
    """As on an installed system, where the daemon's folder is closed to the owner's own user."""
    path = config(tmp_path)
    (tmp_path / "state").mkdir(mode=0o000)
    command = [*UNPRIVILEGED, sys.executable, "-m", "babycryd", "check-config", str(path)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        path.write_text(path.read_text() + "nonsense: 1\n")
        wrong = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        (tmp_path / "state").chmod(0o700)
    assert told.returncode == 0
    assert told.stdout.splitlines() == [
        f"{tmp_path}/state/page-settings.yaml may hold settings of the page; only the daemon's user may read it",
        f"{path}: good",
    ]
    assert "sudo -u babycryd babycryd check-config" in told.stderr
    assert (wrong.returncode, "nonsense" in wrong.stderr) == (2, True)


def test_another_file_and_what_is_no_hash(tmp_path: Path) -> None:
    other = tmp_path / "secrets" / "page"
    path = config(tmp_path, f", password_file: {other}")
    missing = called("check-config", path)
    assert missing.returncode == 2
    assert str(other) in missing.stderr
    assert called("passwd", "--config", path, told="correct horse\n").returncode == 0
    assert called("check-config", path).returncode == 0
    other.write_text("a plain password\n")
    refused = called("check-config", path)
    assert (refused.returncode, "a plain password" in refused.stderr) == (2, False)
    assert "no hash" in refused.stderr


def test_a_proxy_counts_as_another_host(tmp_path: Path) -> None:
    text = f"state_dir: {tmp_path}/state\nweb: {{trusted_proxies: [127.0.0.1]}}\n"
    refused = called("check-config", write_config(tmp_path, text))
    assert refused.returncode == 2
    assert "web.trusted_proxies" in refused.stderr
    told = called("check-config", write_config(tmp_path, text.replace("]}", "], proxy_logs_in: true}")))
    assert told.returncode == 0
