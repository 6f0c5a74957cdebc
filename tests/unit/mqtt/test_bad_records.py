"""One record that cannot be encoded or sent is dropped, counted and told once, and blocks none behind it."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.core.events import HealthMeasured, LevelMeasured, StateChanged
from babycryd.core.soothing_events import LullabyStarted
from babycryd.mqtt.event_encoder import EventEncoder
from babycryd.mqtt.message import Message, json_bytes
from babycryd.mqtt.outbox import Outbox
from babycryd.mqtt.outbox_store import OutboxDatabase, OutboxStore
from tests.support.broker import Broker
from tests.support.patience import until
from tests.support.publishing import ended, expect, expect_episodes, publishing, settings_for, started

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # with half surrogate pairs
NO_SUCH_DATE = HealthMeasured(9.0, 1e300, 1.0, 8.0, 99.0, 0.01, 0, "local", 0, None, "mic", None, 48.0)


def episode(number: int, topic: str = "b/episode") -> Message:
    payload = json.dumps({"type": "new", "id": f"e{number}"}).encode()
    return Message(topic, payload, 1, retain=False, durable=True)


@given(ANY_TEXT)
def test_any_text_is_encoded_on_one_line_without_controls(text: str) -> None:
    encoder = EventEncoder("babycryd/nursery")
    health = HealthMeasured(1.0, 1.7e9, 1.0, 8.0, 99.0, 0.01, 0, "local", 0, None, text, text, 48.0, text, disk=text)
    events = (LullabyStarted(1.0, text, chosen=True), StateChanged(1.0, "deaf", 1.7e9, text), health, started(1))
    for message in [message for event in events for message in encoder.encode(event)]:
        assert message.payload.decode().isprintable()


@given(st.dictionaries(ANY_TEXT, ANY_TEXT | st.floats() | st.lists(st.floats(), max_size=2), max_size=3))
def test_what_is_written_is_json_in_utf_8(fields: dict[str, object]) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is not JSON")

    json.loads(json_bytes(fields).decode(), parse_constant=refuse)


def test_digital_silence_is_null() -> None:
    (level,) = EventEncoder("b").encode(LevelMeasured(1.0, float("-inf"), -60.0))
    assert level.payload == b'{"dbfs":null,"noise_floor_dbfs":-60.0,"score":0.0}'


def test_an_event_that_is_held_holds_no_other_topic() -> None:
    outbox = Outbox(10)
    for message in (old := episode(1, "old/episode"), new := episode(2), last := episode(3)):
        outbox.put(message)
    outbox.refused(old, until_s=30.0)
    assert outbox.first(1.0) is new
    outbox.arrived(new)
    outbox.drop(last)
    assert (outbox.first(1.0), outbox.dropped, len(outbox)) == (None, 1, 1)
    assert outbox.first(30.0) is not None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE waiting SET payload = X'00ff' WHERE number = 2",
        "UPDATE waiting SET payload = '{}' WHERE number = 2",
        "UPDATE waiting SET payload = 7 WHERE number = 2",
        "UPDATE waiting SET payload = CAST('[1]' AS BLOB) WHERE number = 2",
        "UPDATE waiting SET payload = CAST(replace(hex(zeroblob(50000)), '0', '[') AS BLOB) WHERE number = 2",
        "UPDATE waiting SET topic = X'6200' WHERE number = 2",
    ],
)
def test_a_damaged_record_is_dropped_and_counted_and_the_others_are_left(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.sqlite3"
    for number in (1, 2, 3):
        database = OutboxDatabase(path)
        database.add(number, episode(number))
        database.close()
    with sqlite3.connect(path) as file:
        file.execute(damage)
    file.close()
    for dropped in (1, 0):  # it is told once, for it is deleted
        database = OutboxDatabase(path)
        stored = database.read()
        database.close()
        assert stored.waiting == [(1, episode(1)), (3, episode(3))]
        assert (stored.dropped, stored.last) == (dropped, "e3")
    assert caplog.messages == ["dropped 1 record of outbox.sqlite3 that cannot be read"]


def test_texts_that_are_not_utf_8_hide_no_record(tmp_path: Path) -> None:
    database = OutboxDatabase(tmp_path / "outbox.sqlite3")
    database.add(1, episode(1))
    database._file.execute("INSERT INTO kept VALUES (CAST(X'ff' AS TEXT), X'00')")
    database._file.execute("UPDATE waiting SET topic = CAST(X'62ff' AS TEXT)")
    database._file.execute("UPDATE running SET payload = X'ff'")
    database._file.commit()
    stored = database.read()
    database.close()
    assert [message.topic for _, message in stored.waiting] == ["b\N{REPLACEMENT CHARACTER}"]
    assert (stored.running, stored.dropped) == (None, 1)


@pytest.mark.broker
async def test_neither_an_event_nor_a_message_that_cannot_be_sent_blocks_those_behind_it(
    broker: Broker, log: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    impossible = [episode(7, topic) for topic in ("b/#", "b/\ud800", "b/" + "x" * 70_000)]
    store = OutboxStore(tmp_path / "outbox.sqlite3")
    with broker.subscriber() as home:
        async with publishing(settings_for(broker), store=store) as running:
            await expect(home, "status", "online")
            running.bus.publish(NO_SUCH_DATE)
            running.bus.publish(NO_SUCH_DATE)
            for message in impossible:
                running.publisher._put(message)
            running.bus.publish(started(1))
            running.bus.publish(ended(1))
            assert await expect_episodes(home, 2) == [("new", "e1"), ("end", "e1")]
            await until(lambda: running.publisher.waiting == 0)
            assert running.publisher.dropped == 2 + len(impossible)
        await expect(home, "status", "stopped")
    assert home.payloads("/status") == ["online", "stopped"]
    assert sum("HealthMeasured cannot be published" in line for line in log.messages) == 1
    assert sum("it is dropped" in line for line in log.messages) == len(impossible)
    database = await asyncio.to_thread(OutboxDatabase, tmp_path / "outbox.sqlite3")
    assert database.read().waiting == []
    database.close()
