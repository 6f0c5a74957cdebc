"""A cluster of brokers loses a node while a thousand rooms cry: what is lost, how long does it stall, who sees it?

    python -m benchmarks.clusters nats         some minutes; exits with 1 where an event is missing or out of order
    python -m benchmarks.clusters rabbitmq
    python -m benchmarks.clusters mosquitto    two brokers with a bridge; that of the office is killed
    python -m benchmarks.clusters mosquitto --victim 0      that of the rooms

Three nodes of the real broker on 127.0.0.2, .3 and .4; two of mosquitto's. Each room is the real publisher with its
outbox on disk, knows all nodes (`mqtt.other_hosts`), and begins with another one. One subscriber with a session of its
own hears the episodes. In the middle of the night one node is killed (SIGKILL), and started again later.

`--nats TEXT` are settings of NATS's block `mqtt`, to try others.
"""

import argparse
import json
import multiprocessing
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.rooms_process import Plan, Signals, Troubled, device_of, expected_of, work
from tests.support.broker import PASSWORD, USERNAME
from tests.support.clusters import BridgedMosquitto, Cluster, NatsCluster, RabbitCluster
from tests.support.mqtt_subscriber import FastSubscriber

Key = tuple[str, str, str]  # device, episode, type
CHAPTER: Final = "failover"
ORDER: Final = ("new", "update", "end")
PATIENCE_S: Final = 900.0


@dataclass
class Outcome:
    """What the subscriber heard, and what the owners saw."""

    rooms: int
    on_victim: set[str] = field(default_factory=set)  # rooms whose first node was the killed one
    missing: list[Key] = field(default_factory=list)
    twice: int = 0
    out_of_order: list[str] = field(default_factory=list)  # rooms
    connect_s: float = 0.0
    said_s: dict[Key, float] = field(default_factory=dict)  # when it happened in the room, after the kill
    late_s: dict[Key, float] = field(default_factory=dict)  # from there to the subscriber
    down_s: float = 0.0  # how long the node was away
    nodes_mb: list[float] = field(default_factory=list)
    troubled: list[Troubled] = field(default_factory=list)


def measure(cluster: Cluster, rooms: int, processes: int, night_s: float, victim: int | None = None) -> Outcome:
    """Kill a node after a third of the night and start it again after two thirds; `victim`: None: the leader."""
    bridged = isinstance(cluster, BridgedMosquitto)
    hosts = cluster.addresses[:1] if bridged else cluster.addresses
    outcome = Outcome(rooms)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        signals = Signals(
            {name: context.Event() for name in (CHAPTER, "watch", "stop")}, context.Queue(), context.Queue()
        )
        shares = [[int(n) for n in each] for each in np.array_split(np.arange(rooms), processes)]
        plans = [
            Plan(cluster.port, PASSWORD, USERNAME, Path(folder) / str(at), share, night_s, hosts, (CHAPTER,))
            for at, share in enumerate(shares)
        ]
        workers = [context.Process(target=work, args=(plan, signals), daemon=True) for plan in plans]
        near = cluster.addresses[1] if bridged else cluster.addresses[0]
        client = cluster.client(cluster.addresses.index(near))
        others = () if bridged else cluster.addresses[1:]
        topics = ("babycryd/+/episode", "babycryd/+/status")
        with FastSubscriber(client, *topics, others=others, older=not bridged) as subscriber:
            for worker in workers:
                worker.start()
            outcome.connect_s = _until(lambda: _online(subscriber) == rooms, f"{rooms} rooms are online")
            victim = cluster.leader() if victim is None else victim
            doomed = cluster.addresses[victim]
            outcome.on_victim = {device_of(n) for n in range(rooms) if hosts[n % len(hosts)] == doomed}
            killed_utc_s = _night(cluster, signals, victim, night_s, outcome)
            wanted = expected_of(CHAPTER, rooms)
            _until(lambda: wanted <= _heard(subscriber).keys(), "all is heard", give_up=True)
            time.sleep(2.0)  # for messages that come twice
            _judge(outcome, subscriber, wanted, killed_utc_s)
            outcome.nodes_mb = cluster.peak_mb()
            signals.events["stop"].set()
            assert signals.troubled is not None
            outcome.troubled = [signals.troubled.get(timeout=PATIENCE_S) for _ in workers]
            for _ in workers:
                signals.memory.get(timeout=PATIENCE_S)
            for worker in workers:
                worker.join(PATIENCE_S)
    return outcome


def _night(cluster: Cluster, signals: Signals, victim: int, night_s: float, outcome: Outcome) -> float:
    """Return when the node was killed, UTC."""
    signals.events["watch"].set()
    signals.events[CHAPTER].set()
    time.sleep(night_s / 3)
    killed_utc_s = time.time()
    cluster.kill(victim)
    time.sleep(night_s / 3)
    cluster.start(victim)
    cluster.wait_for(victim)
    outcome.down_s = time.time() - killed_utc_s
    time.sleep(night_s / 3)
    return killed_utc_s


def _online(subscriber: FastSubscriber) -> int:
    status = {topic: payload for _, topic, payload in list(subscriber.notes) if topic.endswith("/status")}
    return sum(each == b"online" for each in status.values())


def _heard(subscriber: FastSubscriber) -> Counter[Key]:
    return Counter(key for key, _, _ in _episodes(subscriber))


def _episodes(subscriber: FastSubscriber) -> list[tuple[Key, float, float]]:
    """Return key, UTC of its arrival and of what it tells, of every message on `episode`, in order."""
    found = []
    for utc_s, topic, payload in list(subscriber.notes):
        if topic.endswith("/episode"):
            told = json.loads(payload)
            said_utc_s = datetime.fromisoformat(told["started_at"]).timestamp() + float(told["duration_s"])
            found.append(((topic.split("/")[1], told["id"], told["type"]), utc_s, said_utc_s))
    return found


def _judge(outcome: Outcome, subscriber: FastSubscriber, wanted: set[Key], killed_utc_s: float) -> None:
    by_room: dict[str, list[tuple[str, int]]] = defaultdict(list)
    heard: Counter[Key] = Counter()
    for key, utc_s, said_utc_s in _episodes(subscriber):
        heard[key] += 1
        if heard[key] > 1:
            continue  # QoS 1 may bring a message twice; its id tells
        by_room[key[0]].append((key[1], ORDER.index(key[2])))
        outcome.said_s[key] = said_utc_s - killed_utc_s
        outcome.late_s[key] = utc_s - said_utc_s
    outcome.missing = sorted(wanted - heard.keys())
    outcome.twice = sum(heard[key] - 1 for key in wanted & heard.keys())
    outcome.out_of_order = [room for room, order in by_room.items() if order != sorted(order)]


def _until(happened: Callable[[], bool], what: str, *, give_up: bool = False) -> float:
    """Seconds until it happened; after PATIENCE_S TimeoutError, or an end without it."""
    begun_s = time.monotonic()
    while not happened():
        if time.monotonic() - begun_s > PATIENCE_S:
            if give_up:
                break
            raise TimeoutError(what)
        time.sleep(0.25)
    return time.monotonic() - begun_s


def stalls_s(outcome: Outcome, *, of_victim: bool) -> list[float]:
    """By room: the longest that a message took which it had to tell after the kill."""
    longest: dict[str, float] = {}
    for key, late_s in outcome.late_s.items():
        if outcome.said_s[key] > -1.0 and (key[0] in outcome.on_victim) == of_victim:
            longest[key[0]] = max(late_s, longest.get(key[0], 0.0))
    return sorted(longest.values())


def report(name: str, outcome: Outcome) -> None:
    away = f"a node away for {outcome.down_s:.1f} s"
    print(f"{name}: {outcome.rooms} rooms, all online after {outcome.connect_s:.1f} s; {away}")
    messages = len(outcome.late_s) + len(outcome.missing)
    print(f"{messages} messages: {len(outcome.missing)} missing, {outcome.twice} twice", end=", ")
    print(f"{len(outcome.out_of_order)} rooms out of order")
    calm = [late for key, late in outcome.late_s.items() if outcome.said_s[key] < -1.0]
    if calm:
        print(f"before the kill: median {1000 * statistics.median(calm):.0f} ms, most {1000 * max(calm):.0f} ms")
    for of_victim, who in ((True, "rooms of the killed node"), (False, "other rooms")):
        if found := stalls_s(outcome, of_victim=of_victim):
            middle, most = statistics.median(found), max(found)
            print(f"{who}: {len(found)}; longest wait of a message: median {middle:.1f} s, most {most:.1f} s")
    longest_s = [each for troubled in outcome.troubled for each in troubled.longest_s.values()]
    seen = [each for each in longest_s if each]
    print(f"owners who saw trouble: {len(seen)} of {outcome.rooms}", end="")
    print(f"; for {statistics.median(seen):.1f} s, at most {max(seen):.1f} s" if seen else "")
    words: Counter[str] = sum((troubled.rooms for troubled in outcome.troubled), Counter[str]())
    for text, count in words.most_common(6):
        print(f"  {count:5} {text}")
    print(f"memory of the nodes: {', '.join(f'{mb:.0f}' for mb in outcome.nodes_mb)} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("broker", choices=["nats", "rabbitmq", "mosquitto"])
    parser.add_argument("--rooms", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--night-s", type=float, default=120.0)
    parser.add_argument("--victim", type=int, help="number of the node that is killed, else the leader")
    parser.add_argument("--nats", default="stream_replicas: 3", metavar="TEXT")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the nodes end, too
    kinds: dict[str, Callable[[], Cluster]] = {
        "nats": lambda: NatsCluster(arguments.nats),
        "rabbitmq": RabbitCluster,
        "mosquitto": BridgedMosquitto,
    }
    with kinds[arguments.broker]() as cluster:
        outcome = measure(cluster, arguments.rooms, arguments.processes, arguments.night_s, arguments.victim)
    report(arguments.broker, outcome)
    return 1 if outcome.missing or outcome.out_of_order else 0


if __name__ == "__main__":
    sys.exit(main())
