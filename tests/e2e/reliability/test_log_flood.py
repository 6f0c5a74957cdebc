"""A log without a reader: the daemon hears, publishes and stops all the same."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broker import Broker
from tests.support.patience import exit_code, wait_until
from tests.support.recorded_night import QUIET, RecordedNight, config_for, episodes_of

pytestmark = pytest.mark.broker
PIPE_BYTES = 4096


def test_a_log_without_a_reader_stops_nothing(tmp_path: Path) -> None:
    night = RecordedNight.write(tmp_path, cries=1)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    os.write(writing, b"x" * PIPE_BYTES)  # full before the first line
    with Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker, log="debug")
        command = [sys.executable, "-m", "babycryd", "run", "--config", str(config), "--recording", str(night.path)]
        daemon = subprocess.Popen(command, env=QUIET, stderr=writing)
        os.close(writing)
        try:
            home.expect("/status", "online", within_s=10)
            home.expect("/cry", "ON", within_s=15)
            for number in range(100):  # each is refused, and the log says so
                broker.publish("babycryd/nursery/volume/set", f"no number {number}")
            wait_until(lambda: len(home.payloads("/command/response")) >= 10, 20, lambda: home.heard)
            daemon.send_signal(signal.SIGTERM)
            assert exit_code(daemon, 2) == 0
        finally:
            daemon.kill()
            daemon.wait()
            os.close(reading)
    assert [told[-1]["reason"] for told in episodes_of(home).values()] == ["stopped"]
