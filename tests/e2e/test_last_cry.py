"""A restart remembers the last cry: on the page, for scripts, and for a mark without an id."""

import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import CLOCK_HANG_S, HANG_S, exit_code, wait_until
from tests.support.ports import free_port
from tests.support.recorded_night import QUIET, RecordedNight

_CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
detection: {{episode: {{minimum_s: 1, quiet_s: 2, update_s: 1}}}}
lullaby: {{enabled: false}}
web: {{port: {port}}}
"""


@pytest.fixture
def port() -> int:
    return free_port()


def answer(port: int, path: str, fields: object = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CLOCK_HANG_S)
    try:
        body = None if fields is None else json.dumps(fields)
        connection.request("GET" if body is None else "POST", path, body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


@pytest.mark.parametrize("killed", [False, True])
def test_after_a_restart_the_last_cry_is_shown_and_can_be_marked(tmp_path: Path, port: int, *, killed: bool) -> None:
    config = write_config(tmp_path, _CONFIG.format(folder=tmp_path, port=port))
    noisy = RecordedNight.write(tmp_path, cries=1, then_quiet_s=200)
    quiet = RecordedNight.write(tmp_path, cries=0, then_quiet_s=200)
    with RunningDaemon(["run", "--config", str(config), "--recording", str(noisy.path)], QUIET) as daemon:
        line = daemon.says("the baby cries")
        cry = daemon.lines[line - 1].rsplit(" ", 1)[1].rstrip(")")
        if killed:
            wait_until(lambda: "duration_s" in str(answer(port, "/api/episodes")), HANG_S, lambda: daemon.lines)
            daemon.process.send_signal(signal.SIGKILL)
            exit_code(daemon.process, HANG_S)
        else:
            daemon.says("the baby is calm", after=line)
            before = answer(port, "/api/state")["last_episode"]
            daemon.stop()
    with RunningDaemon(["run", "--config", str(config), "--recording", str(quiet.path)], QUIET) as daemon:
        daemon.says("answering http")
        wait_until(lambda: answer(port, "/api/state")["last_episode"], HANG_S, lambda: daemon.lines)
        last = answer(port, "/api/state")["last_episode"]
        assert (last["id"], last["reason"]) == (cry, "interrupted" if killed else "calm")
        if not killed:
            assert last == before
        assert answer(port, "/api/feedback", {"cry": False})["episode"] == cry
        wait_until(lambda: answer(port, "/api/state")["last_episode"]["cry"] is False, HANG_S, lambda: daemon.lines)
        daemon.stop()
    command = [sys.executable, "-m", "babycryd", "feedback", "true", "--config", str(config)]
    marked = subprocess.run(command, check=True, capture_output=True, text=True)
    assert marked.stdout.startswith(f"{cry}: ")
