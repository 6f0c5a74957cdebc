"""Every episode is heard exactly once by its id, through faults of the connection, the broker and the process.

The real publisher, killed with SIGKILL as often as it comes to that, and a real mosquitto; hypothesis decides what
happens and when.
"""

import json
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.mqtt_client import leave
from tests.support.mqtt_subscriber import FastSubscriber
from tests.support.patience import HANG_S, exit_code, wait_until
from tests.support.publishing import ENVIRONMENT, ROOT

pytestmark = pytest.mark.broker

STEPS = st.lists(
    st.sampled_from(
        ["cry", "cry", "begin", "end", "kill", "stop", "broker stops", "broker starts", "freeze", "throw out"]
    ),
    min_size=6,
    max_size=16,
)
_PERSISTENT = ("persistence true",)  # or it would forget what it has promised the subscriber at its restart


class Night:
    """One room, one broker and one subscriber, and what must have been heard at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._room: subprocess.Popen[str] | None = None
        self._running: str | None = None  # the episode
        self._broker_runs = True
        self.kept: dict[str, set[str]] = defaultdict(set)  # by episode: which of its messages the room has promised

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self._broker = self._stack.enter_context(Broker(options=_PERSISTENT))
        self._subscriber = self._stack.enter_context(FastSubscriber(self._broker.client(), "babycryd/+/episode"))
        return self

    def __exit__(self, *_: object) -> None:
        if self._room:
            self.kill()
        self._stack.close()

    def do(self, step: str) -> None:
        getattr(self, step.replace(" ", "_"))()

    def cry(self) -> None:
        self.begin()
        self.end()

    def begin(self) -> None:
        if not self._running:
            self._running = f"e{len(self.kept)}"
            self.kept[self._running] = set()
            self._tell("begin", self._running)
            self.kept[self._running].add("new")

    def end(self) -> None:
        if self._running:
            self._tell("end", self._running)
            self.kept[self._running].add("end")
            self._running = None

    def kill(self) -> None:
        if self._room:
            self._room.kill()
            self._gone()

    def stop(self) -> None:
        if self._room:
            assert self._room.stdin is not None
            self._room.stdin.close()
            self._gone()

    def broker_stops(self) -> None:
        if self._broker_runs:
            self._broker.stop()
        self._broker_runs = False

    def broker_starts(self) -> None:
        if not self._broker_runs:
            self._broker.start()
        self._broker_runs = True

    def freeze(self) -> None:
        if self._broker_runs:
            self._broker.freeze()
            time.sleep(1.2)  # the room gives up after a second
            self._broker.thaw()

    def throw_out(self) -> None:
        """Another client connects by the same name, and the broker ends the connection of the room."""
        if self._broker_runs:
            other = self._broker.client().paho("babycryd-nursery")
            other.connect(self._broker.host, self._broker.port)
            other.loop_start()
            time.sleep(0.1)
            leave(other)

    def dawn(self) -> list[dict[str, Any]]:
        """All is well again; returns every message that was heard."""
        self.end()
        self.broker_starts()
        self._tell("deliver", answer="delivered")
        wanted = {(episode, kind) for episode, kinds in self.kept.items() for kind in (*kinds, "end")}
        wait_until(
            lambda: wanted <= {(one["id"], one["type"]) for one in self._heard()},
            HANG_S,
            lambda: (wanted, self._heard()),
        )
        time.sleep(0.3)  # what would come twice
        return self._heard()

    def _heard(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for _, _, payload in self._subscriber.notes]

    def _tell(self, *words: str, answer: str = "kept") -> None:
        if self._room is None:
            arguments = [str(self._broker.port), USERNAME, PASSWORD, str(self._folder / "outbox.sqlite3")]
            self._room = subprocess.Popen(
                [sys.executable, "-m", "tests.support.publisher_program", *arguments],
                cwd=ROOT, env=ENVIRONMENT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        assert self._room.stdin is not None
        assert self._room.stdout is not None
        print(*words, file=self._room.stdin, flush=True)
        assert self._room.stdout.readline() == f"{answer}\n"

    def _gone(self) -> None:
        assert self._room is not None
        exit_code(self._room, HANG_S)
        for pipe in (self._room.stdin, self._room.stdout):
            assert pipe is not None
            pipe.close()
        self._room = self._running = None


def check(night: Night, heard: list[dict[str, Any]]) -> None:
    """Checks messages by id and type, as docs/mqtt.md describes."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for one in heard:
        twice = first.setdefault((one["id"], one["type"]), one)
        assert {**twice, "delayed": None} == {**one, "delayed": None}, "the same again, or another message of that id"
    for episode, kinds in night.kept.items():
        told = [one for one in first.values() if one["id"] == episode]
        assert [one["type"] for one in told] == ["new", "end"], (episode, told)
        assert told[1]["reason"] == ("calm" if "end" in kinds else "interrupted")
    assert {episode for episode, _ in first} == set(night.kept)
    began = [one["id"] for one in first.values() if one["type"] == "new"]
    assert began == list(night.kept)  # in order


@pytest.mark.parametrize("nights", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_every_episode_is_heard_once_through_all_troubles(nights: int) -> None:
    @settings(
        max_examples=nights, derandomize=nights < 60, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(STEPS)
    def live(steps: list[str]) -> None:
        with Night() as night:
            for step in steps:
                night.do(step)
            check(night, night.dawn())

    live()
