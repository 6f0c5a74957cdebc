"""A thousand rooms at one broker: is every event heard once, how soon, and what does it cost?

    python -m benchmarks.rooms               about three minutes; exits with 1 where an event is missing or comes twice

Each room is the real publisher with its outbox and its journal on disk, fed with scripted episodes, a
share of the rooms in each of a few processes. One subscriber hears `babycryd/+/episode` and `/status`
from a real mosquitto (password, persistence). Four chapters: all rooms connect at once; a night in
which each has its episodes whenever it likes; all rooms cry at the same moment; the broker is
restarted while they cry. Every message carries the moment that it tells of, so latency is from the
event in the room's process to the subscriber's subscriber, all on this machine's one clock.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.rooms_process import CHAPTERS, EPISODES, Plan, Signals, expected_of, work
from tests.support.broker import PASSWORD, USERNAME, Broker
from tests.support.mqtt_subscriber import FastSubscriber

_PATIENCE_S = 120.0
_PERSISTENT = ("persistence true", "max_queued_messages 0", "sys_interval 0")
Key = tuple[str, str, str]  # device, episode, type


@dataclass
class Outcome:
    """What the subscriber has heard, and what it took."""

    rooms: int
    latencies_s: dict[str, list[float]] = field(default_factory=dict)  # by chapter
    took_s: dict[str, float] = field(default_factory=dict)
    missing: list[Key] = field(default_factory=list)
    twice: dict[str, int] = field(default_factory=dict)  # by chapter
    broker_mb: float = 0.0
    rooms_mb: float = 0.0  # all processes together


class Home:
    """Follows what its subscriber hears."""

    def __init__(self, subscriber: FastSubscriber, rooms: int) -> None:
        self._subscriber = subscriber
        self._rooms = rooms
        self._read = 0  # of the subscriber's notes
        self._status: dict[str, str] = {}
        self.heard: Counter[Key] = Counter()
        self.latency_s: dict[Key, float] = {}  # of the first time

    def all_online(self) -> bool:
        self._catch_up()
        return sum(each == "online" for each in self._status.values()) == self._rooms

    def has(self, wanted: set[Key]) -> bool:
        self._catch_up()
        return wanted <= self.heard.keys()

    def forget_status(self) -> None:
        self._catch_up()
        self._status.clear()

    def _catch_up(self) -> None:
        notes = self._subscriber.notes
        end = len(notes)
        for utc_s, topic, payload in notes[self._read : end]:
            _, device, leaf = topic.split("/", 2)
            if leaf == "status":
                self._status[device] = payload.decode()
            else:
                self._note(device, json.loads(payload), utc_s)
        self._read = end

    def _note(self, device: str, told: dict[str, object], utc_s: float) -> None:
        key = (device, str(told["id"]), str(told["type"]))
        self.heard[key] += 1
        said_utc_s = datetime.fromisoformat(str(told["started_at"])).timestamp() + float(str(told["duration_s"]))
        self.latency_s.setdefault(key, utc_s - said_utc_s)


def measure(rooms: int, processes: int, night_s: float, *, quiet: bool = False) -> Outcome:
    """Run all four chapters."""
    context = multiprocessing.get_context("spawn")
    outcome = Outcome(rooms)
    with Broker(options=_PERSISTENT) as broker, tempfile.TemporaryDirectory() as folder:
        signals = Signals({name: context.Event() for name in (*CHAPTERS, "stop")}, context.Queue())
        shares = np.array_split(np.arange(rooms), processes)
        plans = [
            Plan(broker.port, PASSWORD, USERNAME, Path(folder), [int(n) for n in each], night_s) for each in shares
        ]
        workers = [context.Process(target=work, args=(plan, signals), daemon=True) for plan in plans]
        with FastSubscriber(broker.client(), "babycryd/+/episode", "babycryd/+/status") as subscriber:
            home = Home(subscriber, rooms)
            for worker in workers:
                worker.start()
            _chapters(outcome, home, broker, signals, quiet=quiet)
            outcome.broker_mb = broker.peak_mb()
            signals.events["stop"].set()
            outcome.rooms_mb = sum(signals.memory.get(timeout=_PATIENCE_S) for _ in workers)
            for worker in workers:
                worker.join(_PATIENCE_S)
    return outcome


def _chapters(outcome: Outcome, home: Home, broker: Broker, signals: Signals, *, quiet: bool) -> None:
    with tqdm(total=1 + len(CHAPTERS), unit="chapter", disable=quiet) as bar:
        outcome.took_s["connect"] = _until(home.all_online, "all rooms are online")
        bar.update()
        for chapter in CHAPTERS:
            wanted = expected_of(chapter, outcome.rooms)
            begun_s = time.monotonic()
            signals.events[chapter].set()
            if chapter == "restart":
                time.sleep(1.0)  # some of it is under way
                home.forget_status()
                broker.restart()
                outcome.took_s["online again"] = _until(home.all_online, "all rooms are online again")
            _until(lambda wanted=wanted: home.has(wanted), f"{chapter}: all is heard", give_up=True)  # type: ignore[misc]  # the loop's own
            time.sleep(1.0)  # for messages that come twice
            outcome.took_s[chapter] = time.monotonic() - begun_s - 1.0
            home.has(wanted)
            outcome.missing += sorted(wanted - home.heard.keys())
            outcome.twice[chapter] = sum(home.heard[key] - 1 for key in wanted & home.heard.keys())
            outcome.latencies_s[chapter] = [home.latency_s[key] for key in wanted & home.heard.keys()]
            bar.update()


def _until(happened: Callable[[], bool], what: str, *, give_up: bool = False) -> float:
    """Seconds until it happened; after a while TimeoutError, or an end without it."""
    begun_s = time.monotonic()
    while not happened():
        if time.monotonic() - begun_s > _PATIENCE_S:
            if give_up:
                break
            raise TimeoutError(what)
        time.sleep(0.05)
    return time.monotonic() - begun_s


def report(outcome: Outcome) -> None:
    print(f"{outcome.rooms} rooms, connected after {outcome.took_s['connect']:.1f} s all at once")
    print("\n| chapter | messages | a second | missing | twice | median ms | 95 % | 99 % | most |")
    print("|---|---|---|---|---|---|---|---|---|")
    for chapter, latencies_s in outcome.latencies_s.items():
        expected, took_s = len(expected_of(chapter, outcome.rooms)), outcome.took_s[chapter]
        percentiles = [f"{1000 * np.percentile(latencies_s, share):.0f}" for share in (50, 95, 99, 100)]
        counts = [expected, f"{expected / took_s:.0f}", expected - len(latencies_s), outcome.twice[chapter]]
        print("|", " | ".join(map(str, [chapter, *counts, *percentiles])), "|")
    print(f"\nonline again {outcome.took_s['online again']:.1f} s after the broker's restart began")
    room_mb = outcome.rooms_mb / outcome.rooms
    print(f"mosquitto at most {outcome.broker_mb:.0f} MB; a room {room_mb:.2f} MB of its process")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--night-s", type=float, default=60.0, help=f"in which each room has {EPISODES} episodes")
    arguments = parser.parse_args()
    outcome = measure(arguments.rooms, arguments.processes, arguments.night_s)
    report(outcome)
    return 1 if outcome.missing or outcome.twice["night"] or outcome.twice["all at once"] else 0


if __name__ == "__main__":
    sys.exit(main())
