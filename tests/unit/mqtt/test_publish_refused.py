"""A broker whose access list is wrong: it is named, and no episode is lost."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from babycryd.core.report_events import ReportMade
from babycryd.mqtt import delivery
from babycryd.mqtt.message import Message
from babycryd.mqtt.outbox import Outbox
from tests.support.broker import USERNAME, Broker
from tests.support.fakes.mqtt3_door import Mqtt3Door
from tests.support.patience import until
from tests.support.publishing import (
    LISTENING,
    LISTENING_JSON,
    ended,
    expect,
    expect_episodes,
    logged,
    publishing,
    settings_for,
    started,
)

EVERYTHING = f"user {USERNAME}\ntopic readwrite #\n"
NO_EPISODE = f"user {USERNAME}\ntopic read #\ntopic write babycryd/nursery/state\ntopic write babycryd/nursery/status\n"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Broker]:
    """With the access list `acl` in `tmp_path`."""
    (tmp_path / "acl").write_text(NO_EPISODE)
    with Broker(options=[f"acl_file {tmp_path / 'acl'}"]) as running:
        yield running


@pytest.mark.broker
async def test_a_refused_episode_is_told_and_arrives_once_the_broker_allows_it(
    strict: Broker, tmp_path: Path, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "REFUSED_PAUSE_S", 0.5)
    with strict.subscriber() as home:
        async with publishing(settings_for(strict)) as running:
            for event in (started(1), ended(1), started(2), LISTENING):
                running.bus.publish(event)
            await logged(log, "does not let us publish to babycryd/nursery/episode (Not authorized)")
            await expect(home, "state", LISTENING_JSON)  # what is allowed comes all the same
            before = strict.log.read_text().count("Denied PUBLISH")
            await until(lambda: strict.log.read_text().count("Denied PUBLISH") > before + 2)  # again and again
            (tmp_path / "acl").write_text(EVERYTHING)
            strict.reload()
            assert await expect_episodes(home, 3) == [("new", "e1"), ("end", "e1"), ("new", "e2")]
    said = [line for line in log.messages if "publish to babycryd/nursery/episode" in line]
    assert len(said) == 1


@pytest.mark.broker
async def test_what_is_too_long_for_the_broker_is_told_and_keeps_nothing_else(log: pytest.LogCaptureFixture) -> None:
    picture = bytes(60_000)  # 80 kB in base64; the broker would hang up, again and again
    report = ReportMade(1.0, "2026-11-24", 0.0, 1.0, "en", "A quiet night.", 0, 0.0, None, 0.0, 0.0, picture)
    with Broker(options=["max_packet_size 65536"]) as broker, broker.subscriber() as home:
        async with publishing(settings_for(broker)) as running:
            running.bus.publish(report)
            running.bus.publish(started(1))
            running.bus.publish(LISTENING)
            assert await expect_episodes(home, 1) == [("new", "e1")]
            await expect(home, "state", LISTENING_JSON)
            running.bus.publish(report)
            await until(lambda: running.publisher.waiting == 0)
        await expect(home, "status", "stopped")
    assert home.payloads("/status") == ["online", "stopped"]
    assert len(home.payloads("/report")) == 2
    (said,) = [line for line in log.messages if "does not let us publish" in line]
    assert "report/image (the message has 800" in said
    assert "the broker takes 65536): raise that limit (mosquitto: max_packet_size)" in said


@pytest.mark.broker
async def test_what_makes_an_mqtt_3_broker_hang_up_again_and_again_is_dropped_and_told(
    log: pytest.LogCaptureFixture,
) -> None:
    picture = bytes(60_000)
    report = ReportMade(1.0, "2026-11-24", 0.0, 1.0, "en", "A quiet night.", 0, 0.0, None, 0.0, 0.0, picture)
    with Broker(options=["max_packet_size 65536"]) as broker, broker.subscriber() as home:
        async with (
            Mqtt3Door(broker.port, "refuses") as door,
            publishing(replace(settings_for(broker), port=door.port)) as running,
        ):
            await until(lambda: running.publisher.trouble is None)
            running.bus.publish(report)
            running.bus.publish(started(1))
            assert await expect_episodes(home, 1) == [("new", "e1")]
            told = running.publisher.trouble or ""
    assert "hung up whenever babycryd/nursery/report/image was sent (80000 bytes): it is dropped" in told
    assert len(door.levels) <= 2 * delivery.HANG_UPS + 2
    assert "another client" not in log.text


def test_events_wait_behind_a_refused_one_and_the_rest_does_not() -> None:
    outbox = Outbox(10)
    first, second = (Message("episode", each, 1, retain=False, durable=True) for each in (b"1", b"2"))
    state = Message("state", b"s", 1, retain=True)
    outbox.put(first)
    outbox.put(second)
    outbox.refused(first, until_s=3.0)
    assert outbox.first(2.9) is None
    outbox.put(state)
    assert outbox.first(2.9) is state
    outbox.refused(state, until_s=9.0)  # nothing is lost: the next word on that topic says it
    assert outbox.first(3.0) is first
    outbox.refused(first, until_s=6.0)
    outbox.connected(4.0)  # the rights may have been mended
    outbox.arrived(state)
    assert outbox.first(4.0) is first


def test_what_was_refused_for_long_says_that_it_is_late() -> None:
    outbox = Outbox(10)
    first, second = (Message("episode", each, 1, retain=False, durable=True) for each in (b'{"id":"1"}', b'{"id":"2"}'))
    outbox.put(first, 0.0)
    outbox.put(second, 25.0)
    outbox.refused(first, until_s=30.0)
    late = outbox.first(30.0)
    assert late is not None
    assert late.payload == b'{"id":"1","delayed":true}'
    assert outbox.first(31.0) is late
    outbox.arrived(late)
    assert outbox.first(31.0) is second
