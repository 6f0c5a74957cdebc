"""A flood on one topic delays neither the commands on others nor the episodes, and fills no memory."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from babycryd.core.commands import Command, CommandResult, PlayLullaby, SetVolume
from babycryd.mqtt import command_parser, subscriptions
from babycryd.mqtt.incoming import MOST_OF_A_TOPIC, IncomingQueue
from tests.support.broker import Broker, Subscriber
from tests.support.mqtt_client import leave
from tests.support.patience import until
from tests.support.publishing import expect, logged, publishing, settings_for, started

FLOODED = ["homeassistant/status", "babycryd/nursery/lullaby/set", "babycryd/nursery/status"]
PER_S, LASTS_S = 300, 3.0


def message(topic: str, number: int) -> aiomqtt.Message:
    return aiomqtt.Message(topic, b"%d" % number, 0, retain=False, mid=0, properties=None)


def outcomes(home: Subscriber) -> list[tuple[str, bool]]:
    """Command, and whether it was executed, of each answer so far."""
    answers = [json.loads(each) for each in home.payloads("command/response")]
    return [(each["command"], each["ok"]) for each in answers]


@asynccontextmanager
async def flood(broker: Broker, topic: str) -> AsyncIterator[Callable[[], int]]:
    """300 messages a second, from before until after the block, for LASTS_S at least; tells how many have arrived.

    That number is a clock which stands still while a busy machine lets the broker wait.
    """
    over = asyncio.Event()
    arrived: list[int] = []

    def publish() -> None:
        client = broker.client().paho("runs-wild")
        client.on_publish = lambda _client, _data, number, *_: arrived.append(number)
        client.connect(broker.host, broker.port)
        client.loop_start()
        ends_s = time.monotonic() + LASTS_S
        while time.monotonic() < ends_s or not over.is_set():
            client.publish(topic, b"online", qos=1)
            time.sleep(1 / PER_S)
        leave(client)

    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(publish))
        await until(lambda: len(arrived) >= PER_S)
        yield lambda: len(arrived)
        over.set()


@pytest.mark.broker
@pytest.mark.parametrize("topic", FLOODED)
async def test_commands_and_episodes_are_as_quick_as_without_it(topic: str, broker: Broker) -> None:
    topics = ("babycryd/nursery/command/response", "babycryd/nursery/episode")
    with broker.client().subscriber(*topics) as home:
        async with publishing(settings_for(broker)) as running:
            await until(lambda: running.publisher.trouble is None)
            async with flood(broker, topic) as arrived:
                home.heard.clear()
                before = arrived()
                running.bus.publish(started(1))
                ask = [("babycryd/nursery/volume/set", b'{"value":30,"transaction":"t"}')]
                await asyncio.to_thread(broker.client().publish_many, ask)
                await until(lambda: SetVolume(30.0) in running.executed and home.payloads("/episode"))
                await until(lambda: any('"t"' in each for each in home.payloads("command/response")))
                assert arrived() - before < PER_S  # in less than a second of the flood


@pytest.mark.broker
async def test_a_flood_of_births_sends_everything_again_once(broker: Broker) -> None:
    with broker.subscriber("babycryd/nursery/status") as home:
        async with publishing(settings_for(broker)):
            await expect(home, "status", "online")
            async with flood(broker, "homeassistant/status"):
                await asyncio.sleep(LASTS_S)
        assert home.payloads("/status").count("online") == 2


@pytest.mark.broker
async def test_a_flooded_topic_is_left_out_told_and_listened_to_again(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "FLOOD_PAUSE_S", 2.0)
    async with publishing(settings_for(broker)) as running:
        await until(lambda: running.publisher.trouble is None)
        troubles: list[str | None] = []  # with each line of the log

        def note(_: logging.LogRecord) -> bool:
            troubles.append(running.publisher.trouble)
            return True

        log.handler.addFilter(note)
        await asyncio.to_thread(broker.client().flood, "babycryd/nursery/volume/set", "7", times=400)
        await logged(log, "no message on babycryd/nursery/volume/set is received for 2 s")
        log.handler.removeFilter(note)
        told = "babycryd/nursery/volume/set is left out for a while: a flood of messages came on it"
        assert told in troubles
        await logged(log, "messages on babycryd/nursery/volume/set are received again")
        await until(lambda: running.publisher.trouble is None)
        await asyncio.to_thread(broker.publish, "babycryd/nursery/volume/set", "8")
        await until(lambda: running.executed[-1] == SetVolume(8.0))


@pytest.mark.broker
async def test_a_slow_command_delays_no_other_topic_and_only_so_many_wait_for_it(broker: Broker) -> None:
    go_on = asyncio.Event()

    async def slowly(command: Command) -> CommandResult:
        if isinstance(command, PlayLullaby):  # as a speaker that takes long to open
            await go_on.wait()
        return {}

    with broker.subscriber("babycryd/nursery/command/response") as home:
        async with publishing(settings_for(broker)) as running:
            await until(lambda: running.publisher.trouble is None)
            running.publisher._receiver._dispatch = slowly
            for _ in range(12):
                await asyncio.to_thread(broker.publish, "babycryd/nursery/lullaby/set", "ON")
            await asyncio.to_thread(broker.publish, "babycryd/nursery/volume/set", "30")
            refused, done = ("lullaby", False), ("volume", True)
            await until(lambda: {refused, done} <= set(outcomes(home)))
            assert set(outcomes(home)) == {refused, done}
            go_on.set()
            await until(lambda: outcomes(home).count(("lullaby", True)) == command_parser.MOST_AT_ONCE)


async def test_topics_take_turns_and_the_oldest_of_too_many_is_dropped() -> None:
    queue = IncomingQueue(500)
    for number in range(MOST_OF_A_TOPIC + 3):
        queue.put_nowait(message("a", number))
    queue.put_nowait(message("b", 0))
    queue.put_nowait(message("c", 0))
    given = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [(str(each.topic), each.payload) for each in given[:4]] == [
        ("a", b"3"),
        ("b", b"0"),
        ("c", b"0"),
        ("a", b"4"),
    ]
    assert len(given) == MOST_OF_A_TOPIC + 2
    assert queue.dropped == {"a": 3}
    assert queue.empty()


async def test_a_full_queue_takes_no_more() -> None:
    queue = IncomingQueue(2)
    queue.put_nowait(message("a", 0))
    queue.put_nowait(message("b", 0))
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(message("c", 0))
