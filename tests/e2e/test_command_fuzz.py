"""Thousands of payloads for the commands of the running daemon: each is answered, and none harms it."""

import json
import math
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from babycryd.core.command_table import COMMANDS
from babycryd.mqtt.command_parser import LONGEST_PAYLOAD
from tests.support.broker import Broker, Heard, Subscriber
from tests.support.daemon import RunningDaemon, write_config
from tests.support.patience import Stopwatch, wait_until

pytestmark = pytest.mark.broker

AT_ONCE = 40  # fewer than the daemon keeps until it looks at them
# As it runs at home, but for two things: it hears more commands in a second, else a flood is all that it would see, and
# its test tone is short, else the commands would wait for one tone after the other.
PATIENT = """
import sys
from babycryd.monitoring import self_test
from babycryd.mqtt import command_parser
self_test.LENGTH_S = self_test._ECHO_S = 0.01
command_parser.MOST_AT_ONCE = command_parser.MOST_PER_S = 1e6
from babycryd.cli.main import main
sys.exit(main())
"""
CONFIG = """
device: {{id: nursery}}
state_dir: {folder}/state
lullaby: {{fade_in_s: 0, fade_out_s: 0}}
mqtt: {{{login}, discovery: false}}
"""
QUIET = os.environ | {"SDL_AUDIODRIVER": "dummy"}

VALUES = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.integers(-1, 101)
    | st.floats(-0.1, 1.1)
    | st.text(max_size=200)
    | st.sampled_from(["ON", "OFF", "on", "none", "PRESS", "../../etc/passwd", "<script>alert(1)</script>", "NaN"])
)
KEYS = st.sampled_from(["value", "cry", "episode", "transaction", "other", "", "\ud800", "__class__"])
NESTED = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=6
)
PAYLOAD = st.one_of(
    st.binary(max_size=60),
    NESTED.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(KEYS, VALUES, max_size=4).map(lambda value: json.dumps(value).encode()),
    VALUES.map(lambda value: str(value).encode(errors="surrogatepass")),
    st.sampled_from([b"[" * LONGEST_PAYLOAD, b"x" * (LONGEST_PAYLOAD + 1), b'{"value": 1' + b"0" * 1_900 + b"}"]),
)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as running:
        yield running


class Home:
    """Asks in batches and waits for all answers of each."""

    def __init__(self, broker: Broker, subscriber: Subscriber, daemon: RunningDaemon) -> None:
        self._broker = broker
        self._subscriber = subscriber
        self._daemon = daemon
        self._waiting: list[tuple[str, bytes]] = []
        self._heard: list[list[Heard]] = []
        self.asked = 0

    def ask(self, leaf: str, payload: bytes) -> None:
        self._waiting.append((f"babycryd/nursery/{leaf}", payload))
        if len(self._waiting) == AT_ONCE:
            self.flush()

    def flush(self) -> None:
        self._broker.client().publish_many(self._waiting)
        wanted = len(self._waiting)
        wait_until(lambda: self._answers() >= wanted, 20, lambda: f"{self._answers()} answers of {wanted}")
        assert self._daemon.process.poll() is None, self._daemon.lines[-5:]
        self.asked += wanted
        self._waiting.clear()
        self._heard.append(self._subscriber.heard)
        self._subscriber.heard = []  # else each look at it would take longer than the one before

    def payloads(self, topic_end: str) -> list[str]:
        """Everything heard on the topics that end so, in order."""
        heard = [*chain.from_iterable(self._heard), *self._subscriber.heard]
        return [each.payload for each in heard if each.topic.endswith(topic_end)]

    def _answers(self) -> int:
        return len(self._subscriber.payloads("command/response"))


@pytest.mark.parametrize("n_payloads", [600, pytest.param(20_000, marks=pytest.mark.slow)])
def test_any_payload_is_answered_and_harms_nothing(n_payloads: int, broker: Broker, tmp_path: Path) -> None:
    config = write_config(tmp_path, CONFIG.format(folder=tmp_path, login=broker.login(tmp_path)))
    minute = np.random.default_rng(3).normal(0, 0.002, 60 * 16_000)
    with soundfile.SoundFile(tmp_path / "room.wav", "w", 16_000, 1) as room:
        for _ in range(max(20, n_payloads // 200)):  # longer than it takes on a busy machine
            room.write(minute)
    arguments = ["run", "--config", str(config), "--recording", str(tmp_path / "room.wav")]
    python = [sys.executable, "-c", PATIENT]
    with broker.subscriber("babycryd/#") as subscriber, RunningDaemon(arguments, QUIET, python) as daemon:
        subscriber.expect("volume/state", "100")
        stopwatch = Stopwatch()
        home = Home(broker, subscriber, daemon)

        @settings(
            max_examples=n_payloads, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(st.sampled_from([spec.topic for spec in COMMANDS]), PAYLOAD)
        def ask(leaf: str, payload: bytes) -> None:
            home.ask(leaf, payload)

        ask()
        home.flush()
        assert home.asked >= n_payloads
        lasted_s = stopwatch.elapsed_s()
        levels = len(home.payloads("/level"))
        assert levels > 0.8 * lasted_s - 2, f"{levels} levels in {lasted_s:.0f} s"
        assert daemon.stop() == 0
    assert home.payloads("/status") == ["online", "stopped"]
    assert "ON" not in home.payloads("/cry")
    assert all("Traceback" not in line for line in daemon.lines)
    _check_answers(home)


def _check_answers(home: Home) -> None:
    answers = [json.loads(payload) for payload in home.payloads("command/response")]
    assert {True, False} == {each["ok"] for each in answers}
    assert all(each["error"] for each in answers if not each["ok"])
    limits = {"volume/state": (0, 100), "threshold/state": (0.05, 0.99), "snooze/state": (0, 720)}
    for leaf, (low, high) in limits.items():
        values = [float(payload) for payload in home.payloads(leaf)]
        assert all(math.isfinite(value) and low <= value <= high for value in values), leaf
