"""The daemon under a real load, with a real function behind a real bucket: here, there, and here again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.demo.night import DemoNight
from babycryd.offload.ledger import Ledger
from tests.support.broker import Broker
from tests.support.cloud import BUCKET, HONOURS_PRECONDITIONS, IGNORES_THEM, Forwarder, Function, Storage
from tests.support.daemon import RunningDaemon, write_config
from tests.support.demo_sound import demo_samples
from tests.support.patience import exit_code

pytestmark = [pytest.mark.broker, pytest.mark.slow]

CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
detection: {{episode: {{quiet_s: 3, minimum_s: 1}}}}
lullaby: {{enabled: false}}
mqtt: {{{login}}}
offload: {{enabled: {enabled}, bucket: {bucket}, cpu_budget: 0.3, deadline_s: 6}}
"""
CRIES_S = (12.0, 48.0, 92.0)  # before, during and after the load
LOAD_S = (20.0, 64.0)
LENGTH_S = 105.0


def room() -> np.ndarray:
    """The demo's baby, three times, in a quiet room."""
    night = DemoNight()
    scene = next(each for each in night.scenes if each.what == "cry")
    cry = demo_samples()[int((scene.start_s + 1) * SAMPLE_RATE_HZ) :][: 5 * SAMPLE_RATE_HZ]
    samples = np.random.default_rng(3).normal(0, 1e-3, int(LENGTH_S * SAMPLE_RATE_HZ))
    for begin_s in CRIES_S:
        samples[int(begin_s * SAMPLE_RATE_HZ) :][: len(cry)] += cry
    return samples


@contextmanager
def load() -> Iterator[None]:
    """Three times as many programs as cores, which do nothing but multiply."""
    count = 3 * (os.cpu_count() or 1)
    hog = subprocess.Popen(["stress-ng", "--quiet", "--cpu", str(count), "--cpu-method", "matrixprod"])
    try:
        yield
    finally:
        hog.send_signal(signal.SIGINT)
        exit_code(hog, 10)


@dataclass(frozen=True)
class Night:
    """What the home hears of it."""

    starts_s: list[float]  # of each episode, since the first
    ends: list[dict[str, Any]]
    health: list[dict[str, Any]]


def night(folder: Path, storage: Storage | None) -> Night:
    """The daemon plays the recording; with a `storage`, under a load for a while, and with leave to use it."""
    folder.mkdir()
    soundfile.write(folder / "room.wav", room(), SAMPLE_RATE_HZ)
    environment = os.environ | {"SDL_AUDIODRIVER": "dummy"} | (storage.environment if storage else {})
    with Broker() as broker:
        text = CONFIG.format(
            folder=folder, login=broker.login(folder), bucket=BUCKET, enabled=str(storage is not None).lower()
        )
        config = write_config(folder, text)
        arguments = ["run", "--config", str(config), "--recording", str(folder / "room.wav")]
        with broker.subscriber() as home, RunningDaemon(arguments, environment) as daemon:
            daemon.says("listening to", within_s=10)
            if storage is not None:
                put_under_load(daemon)
            daemon.says("the recording is over", within_s=LENGTH_S + 20)
            exit_code(daemon.process, 10)
            health = [json.loads(payload) for payload in home.payloads("/health")]
            told = [json.loads(payload) for payload in home.payloads("/episode")]
    begun = [datetime.fromisoformat(each["started_at"]) for each in told if each["type"] == "new"]
    ends = [each for each in told if each["type"] == "end"]
    return Night([(each - begun[0]).total_seconds() for each in begun], ends, health)


def put_under_load(daemon: RunningDaemon) -> None:
    begun_s = time.monotonic()
    time.sleep(LOAD_S[0])
    with load():
        there = daemon.says("pieces are judged in the cloud from now on", within_s=20)
        time.sleep(max(0.0, begun_s + LOAD_S[1] - time.monotonic()))
    daemon.says("pieces are judged here from now on", within_s=60, after=there)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return night(tmp_path_factory.mktemp("undisturbed") / "home", None)


@pytest.mark.parametrize("kind", [HONOURS_PRECONDITIONS, IGNORES_THEM])
def test_under_load_the_cloud_hears_and_nothing_else_changes(kind: str, undisturbed: Night, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        Storage(kind) as storage,
        Function(storage.environment) as function,
        Forwarder(storage, [function], copies=2, delay_s=0.2),
    ):
        loaded = night(home, storage)
        assert storage.names("recordings/") == []
    entries = Ledger(home / "state").entries()
    assert entries
    assert {entry.why for entry in entries} <= {"CPU pressure", "lag", "load"}
    assert sum(entry.outcome == "answered" for entry in entries) >= len(entries) - 1
    routes = [each["route"] for each in loaded.health]
    assert routes[0] == "local"
    assert "cloud" in routes
    assert loaded.health[-1]["cloud_month"]["segments"] > 0
    assert len(undisturbed.ends) == len(loaded.ends) == len(CRIES_S)
    assert loaded.starts_s == pytest.approx(undisturbed.starts_s, abs=0.5)
    for one, other in zip(loaded.ends, undisturbed.ends, strict=True):
        assert one["duration_s"] == pytest.approx(other["duration_s"], abs=0.5)
        assert one["reason"] == other["reason"] == "calm"
    command = [sys.executable, "-m", "babycryd", "offload", "ledger", "--config", str(home / "babycryd.yaml")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{len(entries)} pieces" in shown
    assert entries[0].why in shown
