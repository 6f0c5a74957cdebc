"""What waits for the broker survives a killed process, a broken file and a full disk."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.events import EpisodeInterrupted
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.mqtt.message import Message, delayed
from babycryd.mqtt.outbox import LATE_S, Outbox
from babycryd.mqtt.outbox_store import OutboxDatabase, OutboxStore, StoredOutbox
from babycryd.mqtt.payloads import interrupted_episode
from tests.support.patience import HANG_S

ROOT = Path(__file__).parents[3]


def told(number: int, kind: str = "new") -> Message:
    payload = json.dumps({"type": kind, "id": f"e{number}"}).encode()
    return Message("b/episode", payload, 1, retain=False, durable=True)


def test_what_was_added_is_left_until_it_is_removed(tmp_path: Path) -> None:
    journal = OutboxDatabase(tmp_path / "state" / "outbox.sqlite3")
    for number in (1, 2, 3):
        journal.add(number, told(number))
    journal.remove(2)
    journal.close()
    left = OutboxDatabase(tmp_path / "state" / "outbox.sqlite3").read()
    assert left.waiting == [(1, told(1)), (3, told(3))]


def test_an_episode_runs_until_its_end_is_added_even_when_all_has_arrived(tmp_path: Path) -> None:
    journal = OutboxDatabase(tmp_path / "outbox.sqlite3")
    journal.add(1, told(1))
    journal.add(2, told(1, "update"))
    journal.remove(1)
    journal.remove(2)
    assert journal.read().running == told(1, "update").payload
    journal.add(3, told(1, "end"))
    assert journal.read().running is None


def test_a_file_that_is_none_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    journal = OutboxDatabase(tmp_path / "outbox.sqlite3")
    journal.add(1, told(1))
    assert len(journal.read().waiting) == 1
    assert next(tmp_path.glob("outbox.sqlite3.broken-*")).read_bytes().startswith(b"no database")
    assert "set aside" in caplog.text


def test_a_file_that_a_power_cut_has_damaged_is_set_aside_whole(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    journal = OutboxDatabase(path)
    for number in range(1, 60):
        journal.add(number, told(number, "x" * 100))
    journal.close()
    page = 4096
    whole = path.read_bytes()
    path.write_bytes(whole[:page] + b"\xa5" * (len(whole) - page))  # the first one says that it is a database
    journal = OutboxDatabase(path)
    journal.add(1, told(1))
    assert journal.read().waiting == [(1, told(1))]
    assert next(tmp_path.glob("outbox.sqlite3.broken-*")).stat().st_size == len(whole)


WRITE_UNTIL_KILLED = """
import itertools, json, sys
from pathlib import Path
from babycryd.mqtt.outbox_store import OutboxDatabase
from babycryd.mqtt.message import Message
journal = OutboxDatabase(Path(sys.argv[1]))
for number in itertools.count(1):
    told = json.dumps({"type": "new", "id": "e1"}).encode()
    journal.add(number, Message("b/episode", told, 1, retain=False, durable=True))
    print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert writer.stdout is not None
    written = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    written += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()
    assert {number for number, _ in OutboxDatabase(path).read().waiting} >= set(written)


async def test_a_disk_that_fails_is_told_once_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    store = OutboxStore(tmp_path / "state" / "outbox.sqlite3")
    left = await store.restore()
    assert (left.waiting, left.running) == ([], None)
    outbox = Outbox(10, store)
    outbox.put(told(1))
    outbox.put(told(2))
    assert outbox.first() == told(1)
    await store.close(HANG_S)
    assert caplog.text.count("cannot be written") == 1


async def test_a_file_that_opens_too_late_keeps_what_an_earlier_run_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.sqlite3"
    earlier = OutboxDatabase(path)
    earlier.add(1, told(7))
    earlier.close()
    monkeypatch.setattr("babycryd.mqtt.outbox_store._OPEN_LIMIT_S", 0.1)

    given_up = threading.Event()

    def slowly(path: Path) -> OutboxDatabase:
        given_up.wait()
        return OutboxDatabase(path)

    monkeypatch.setattr("babycryd.mqtt.outbox_store.OutboxDatabase", slowly)
    store = OutboxStore(path)
    assert (await store.restore()).waiting == []
    given_up.set()
    outbox = Outbox(10, store)
    outbox.put(told(8))  # its number is that of the message in the file
    message = outbox.first()
    assert message
    outbox.arrived(message)
    await store.close(HANG_S)
    left = await asyncio.to_thread(lambda: OutboxDatabase(path).read())
    assert left.waiting == [(1, told(7))]


async def test_the_scribe_writes_in_order_and_finishes_before_it_closes(tmp_path: Path) -> None:
    store = OutboxStore(tmp_path / "outbox.sqlite3")
    await store.restore()
    outbox = Outbox(200, store)
    for number in range(100):
        outbox.put(told(number))
    for _ in range(40):
        message = outbox.first()
        assert message
        outbox.arrived(message)
    await store.close(HANG_S)
    left = await asyncio.to_thread(lambda: OutboxDatabase(tmp_path / "outbox.sqlite3").read())
    assert [message for _, message in left.waiting] == [told(number) for number in range(40, 100)]


class Disk:
    """A copy in memory that outlives the outbox."""

    def __init__(self) -> None:
        self.kept: dict[int, Message] = {}

    def add(self, number: int, message: Message) -> None:
        self.kept[number] = message

    def remove(self, number: int) -> None:
        del self.kept[number]

    def move(self, numbers: Sequence[int], step_s: float) -> None:
        raise NotImplementedError


@given(st.lists(st.sampled_from(["put", "put", "send", "sent but not confirmed", "connect", "crash"]), max_size=60))
def test_every_event_arrives_in_order_through_all_troubles(steps: list[str]) -> None:
    disk, arrived, put = Disk(), list[str](), 0
    outbox = Outbox(100, disk)

    def send(*, confirmed: bool) -> None:
        if message := outbox.first():
            arrived.append(json.loads(message.payload)["id"])
            if confirmed:
                outbox.arrived(message)

    for at_s, step in enumerate(steps):
        if step == "put":
            put += 1
            outbox.put(told(put), float(at_s))
        elif step == "connect":
            outbox.connected(float(at_s))
        elif step == "crash":
            outbox = Outbox(100, disk)
            outbox.restore(disk.kept.items())
        else:
            send(confirmed=step == "send")
    while outbox.first():
        send(confirmed=True)
    assert list(dict.fromkeys(arrived)) == [f"e{number}" for number in range(1, put + 1)]
    assert disk.kept == {}


def test_what_waited_long_or_through_a_crash_is_marked() -> None:
    outbox = Outbox(10)
    outbox.put(told(1), 0.0)
    outbox.put(told(2), 5.0)
    outbox.connected(LATE_S)
    outbox.restore([(7, told(3))])
    marks = []
    while message := outbox.first():
        outbox.arrived(message)
        fields = json.loads(message.payload)
        marks.append((fields["id"], fields.get("delayed", False)))
    assert marks == [("e3", True), ("e1", True), ("e2", False)]


def test_only_what_tells_of_an_episode_can_be_late() -> None:
    answer = Message("b/command/response", b"{}", 1, retain=False)
    assert delayed(answer) is answer


def test_what_only_the_history_knows_is_told_late_and_once_and_what_is_known_is_not(tmp_path: Path) -> None:
    encoder = EventEncoder("b")
    encoder.mark_published("e1")
    assert encoder.encode(EpisodeInterrupted(0.0, "e1", 1_700_000_000.0, 4.0, 0.9)) == []
    missed = EpisodeInterrupted(0.0, "e2", 1_700_000_100.0, 4.0, 0.9)
    begun, ended = encoder.encode(missed)
    said = [json.loads(each.payload) for each in (begun, ended)]
    assert [(one["type"], one["id"], one["duration_s"], one["delayed"]) for one in said] == [
        ("new", "e2", 0.0, True),
        ("end", "e2", 4.0, True),
    ]
    assert said[1]["reason"] == "interrupted"
    assert interrupted_episode(ended.payload) == missed
    assert begun.durable
    assert ended.durable
    for known in ("e1", "e2"):
        assert encoder.encode(EpisodeInterrupted(0.0, known, 1_700_000_000.0, 4.0, 0.9)) == []
    assert not encoder.crying
    journal = OutboxDatabase(tmp_path / "outbox.sqlite3")
    assert journal.read().last is None
    for number, message in enumerate((begun, ended)):
        journal.add(number, message)
        journal.remove(number)
    assert journal.read().last == "e2"
    journal.close()
    assert StoredOutbox([(1, begun)], None).last == "e2"  # a file of an earlier version


def test_an_interrupted_episode_ends_with_what_was_known() -> None:
    last = b'{"type":"update","id":"e1","duration_s":20.0,"settled_in_s":null,"reason":null}'
    message = EventEncoder("b").interrupted(last)
    fields = json.loads(message.payload)
    assert (fields["type"], fields["id"], fields["duration_s"]) == ("end", "e1", 20.0)
    assert (fields["reason"], fields["delayed"]) == ("interrupted", True)
