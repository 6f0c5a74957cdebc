"""A log without a reader: the daemon hears, publishes and stops all the same."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from tests.support.broker import Broker
from tests.support.patience import HANG_S, exit_code
from tests.support.recorded_night import QUIET, config_for, episodes_of, night_with
from tests.support.unpluggable_sound import crying

pytestmark = pytest.mark.broker
PIPE_BYTES = 4096


def test_a_log_without_a_reader_stops_nothing(tmp_path: Path) -> None:
    room = night_with(0)
    soundfile.write(tmp_path / "night.wav", np.concatenate([room, crying(200.0)]), SAMPLE_RATE_HZ)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    os.write(writing, b"x" * PIPE_BYTES)  # full before the first line
    with Broker() as broker, broker.subscriber() as home:
        config = config_for(tmp_path, broker, log="debug")
        command = [
            sys.executable,
            "-m",
            "babycryd",
            "run",
            "--config",
            str(config),
            "--recording",
            str(tmp_path / "night.wav"),
        ]
        daemon = subprocess.Popen(command, env=QUIET, stderr=writing)
        os.close(writing)
        try:
            home.expect("/status", "online")
            home.expect("/cry", "ON")
            # Each is refused, and the log says so
            refused = [("babycryd/nursery/volume/set", f"no number {number}".encode()) for number in range(100)]
            broker.client().publish_many(refused)
            home.expect_count("/command/response", 10)
            daemon.send_signal(signal.SIGTERM)
            assert exit_code(daemon, HANG_S) == 0
            home.expect("/status", "stopped")
        finally:
            daemon.kill()
            daemon.wait()
            os.close(reading)
    assert [told[-1]["reason"] for told in episodes_of(home).values()] == ["stopped"]
