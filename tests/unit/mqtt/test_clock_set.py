"""What waits for the broker moves when the clock is set; what an earlier run left does not."""

import json
from pathlib import Path

from babycryd.core.events import ClockSet, CryEnded, CryStarted, CryUpdated
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted, LullabyStopped
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.mqtt.message import Message
from babycryd.mqtt.outbox import Outbox
from babycryd.mqtt.outbox_store import OutboxDatabase

STEP_S = 1_795_490_000.0
NEW, UPDATE, END = CryStarted(5.0, 25.0, "e1", 0.9), CryUpdated(15.0, "e1", 10.0, 0.9), "end"


def ended(started_utc_s: float) -> CryEnded:
    return CryEnded(30.0, "e1", started_utc_s, 25.0, 0.9, 15.0, "calm")


def told(encoder: EventEncoder, *events: CryStarted | CryUpdated | CryEnded | ClockSet) -> list[Message]:
    return [each for event in events for each in encoder.encode(event) if each.topic.endswith("/episode")]


def start(message: Message | None) -> str:
    assert message is not None
    return str(json.loads(message.payload)["started_at"])


def test_the_running_episode_moves() -> None:
    encoder = EventEncoder("babycryd/nursery")
    messages = told(encoder, NEW, ClockSet(10.0, STEP_S), UPDATE, ended(25.0 + STEP_S))
    assert [start(each) for each in messages] == [
        "1970-01-01T00:00:25.000+00:00",
        "2026-11-24T03:13:45.000+00:00",
        "2026-11-24T03:13:45.000+00:00",
    ]


def test_messages_that_wait_move_and_the_one_on_its_way_arrives_once() -> None:
    outbox = Outbox(10)
    (new,), (end,) = told(EventEncoder("b"), NEW), told(EventEncoder("b"), ended(25.0))
    earlier = Message("b/episode", end.payload.replace(b"e1", b"e0"), 1, retain=False, durable=True)
    outbox.restore([(1, earlier)])
    outbox.put(new)
    outbox.put(end)
    sending = outbox.first()
    outbox.move(STEP_S)
    assert sending is not None
    outbox.arrived(sending)
    first = outbox.first()
    assert start(sending) == "1970-01-01T00:00:25.000+00:00"  # of an earlier run
    assert start(first) == "2026-11-24T03:13:45.000+00:00"
    outbox.move(3600.0)  # while it is on its way
    assert first is not None
    outbox.arrived(first)
    assert start(outbox.first()) == "2026-11-24T04:13:45.000+00:00"
    assert len(outbox) == 1


def test_the_store_has_the_new_time_too(tmp_path: Path) -> None:
    (new,) = told(EventEncoder("b"), NEW)
    database = OutboxDatabase(tmp_path / "outbox.sqlite3")
    database.add(1, new)
    database.add(2, new)
    database.move([2], STEP_S)
    stored = database.read()
    database.close()
    assert [start(message)[:4] for _, message in stored.waiting] == ["1970", "2026"]
    assert json.loads(stored.running or b"")["started_at"].startswith("2026")


def test_a_lullaby_is_named_only_if_it_sounded() -> None:
    encoder = EventEncoder("b")
    told(encoder, NEW)
    names = []
    for event in (
        LullabyFailed(6.0, "a", "no speaker"),
        LullabyStarted(7.0, "b"),
        LullabyStopped(8.0, "b", "longest"),
        LullabyStarted(9.0, "c"),
        LullabyFailed(10.0, "c", "no speaker"),
        LullabyStarted(11.0, "d"),
    ):
        encoder.encode(event)
        (message,) = told(encoder, UPDATE)
        names.append(json.loads(message.payload)["lullaby"])
    assert names == [None, "b", "b", "c", "b", "d"]
