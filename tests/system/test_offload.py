"""The daemon under a real load, with a real function behind a real bucket: here, there, and here again."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from babycryd.demo.night import DemoNight
from babycryd.detect.features import SAMPLE_RATE_HZ
from babycryd.offload.ledger import Ledger
from tests.broker import PASSWORD, USERNAME, Broker
from tests.cloud import BUCKET, Forwarder, Function, Storage
from tests.daemon import RunningDaemon, write_config

pytestmark = [pytest.mark.broker, pytest.mark.slow]

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
detection: {{episode: {{quiet_s: 3, minimum_s: 1}}}}
lullaby: {{enabled: false}}
mqtt: {{host: 127.0.0.1, port: {port}, username: {username}, password_file: {folder}/password}}
offload: {{enabled: {enabled}, bucket: {bucket}, cpu_budget: 0.3, deadline_s: 6}}
"""
CRIES_S = (12.0, 55.0, 95.0)  # before, during and after the load
LOAD_S = (20.0, 62.0)
LENGTH_S = 110.0


def room() -> np.ndarray:
    """The demo's baby, three times, in a quiet room."""
    night = DemoNight()
    scene = next(each for each in night.scenes if each.what == "cry")
    cry = night.samples()[int((scene.start_s + 1) * SAMPLE_RATE_HZ) :][: 5 * SAMPLE_RATE_HZ]
    samples = np.random.default_rng(3).normal(0, 1e-3, int(LENGTH_S * SAMPLE_RATE_HZ))
    for begin_s in CRIES_S:
        samples[int(begin_s * SAMPLE_RATE_HZ) :][: len(cry)] += cry
    return samples


@contextmanager
def load() -> Iterator[None]:
    """Three times as many programs as cores, which only count."""
    count = 3 * (os.cpu_count() or 1)
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def heard(
    folder: Path, broker: Broker, storage: Storage, *, offload: bool
) -> tuple[list[dict[str, object]], list[str]]:
    """The episodes that the home hears of, and where segments were judged."""
    text = CONFIG.format(
        folder=folder, port=broker.port, username=USERNAME, bucket=BUCKET, enabled=str(offload).lower()
    )
    config = write_config(folder, text)
    environment = os.environ | {"SDL_AUDIODRIVER": "dummy"} | storage.environment
    arguments = ["run", "--config", str(config), "--recording", str(folder / "room.wav")]
    with broker.listener() as home, RunningDaemon(arguments, environment) as daemon:
        daemon.says("listening to", within_s=10)
        begun_s = time.monotonic()
        if offload:
            time.sleep(LOAD_S[0])
            with load():
                daemon.says("judged in the cloud", within_s=20)
                time.sleep(max(0.0, begun_s + LOAD_S[1] - time.monotonic()))
            daemon.says("judged here", within_s=60)
        daemon.says("the recording is over", within_s=LENGTH_S + 20)
        daemon.process.wait(10)
        routes = [json.loads(payload)["route"] for payload in home.payloads("/health")]
        ends = [each for each in map(json.loads, home.payloads("/episode")) if each["type"] == "end"]
    return ends, routes


def test_under_load_the_cloud_hears_and_nothing_else_changes(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    soundfile.write(tmp_path / "room.wav", room(), SAMPLE_RATE_HZ)
    with Broker() as broker, Storage() as storage, Function(storage.environment) as function:
        with Forwarder(storage, [function], copies=2, delay_s=0.2):
            loaded, routes = heard(tmp_path, broker, storage, offload=True)
        assert storage.names("recordings/") == []
        undisturbed, _ = heard(tmp_path, broker, storage, offload=False)
    entries = Ledger(tmp_path / "state").entries()
    assert "cloud" in routes
    assert entries
    assert {entry.why for entry in entries} <= {"CPU pressure", "lag", "load"}
    assert sum(entry.outcome == "answered" for entry in entries) >= len(entries) - 1
    assert len(undisturbed) == len(loaded) == len(CRIES_S)
    for one, other in zip(loaded, undisturbed, strict=True):
        assert abs(float(str(one["duration_s"])) - float(str(other["duration_s"]))) < 0.5
        assert one["reason"] == other["reason"] == "calm"
