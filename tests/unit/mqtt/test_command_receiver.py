"""Commands through a real mosquitto."""

import asyncio
from dataclasses import replace

import pytest

from babycryd.core.commands import Command, CommandResult, Feedback, SetVolume
from babycryd.mqtt import subscriptions
from babycryd.mqtt.settings import MqttSettings
from tests.support.broker import Broker
from tests.support.fakes.old_broker import OldBroker
from tests.support.fakes.road import Road
from tests.support.patience import patient, until
from tests.support.publishing import (
    answers,
    ask,
    expect,
    logged,
    publishing,
    settings_for,
)

pytestmark = pytest.mark.broker


async def test_a_command_is_obeyed_and_answered_with_its_transaction(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            await expect(subscriber, "status", "online")
            await ask(broker, '{"cry": false, "transaction": "t1"}')
            await ask(broker, '{"cry": true, "episode": "e7", "transaction": "t2"}')
            await ask(broker, "perhaps")
            done, unknown, malformed = await answers(subscriber, 3)
            assert running.executed == [Feedback(cry=False)]
    assert done == {"command": "feedback", "transaction": "t1", "ok": True, "episode": "e1", "cry": False}
    assert unknown == {"command": "feedback", "transaction": "t2", "ok": False, "error": "no episode 'e7'"}
    assert (malformed["ok"], malformed["transaction"]) == (False, None)
    assert "got 'perhaps'" in malformed["error"]


async def test_a_command_retained_by_mistake_changes_nothing_now_or_later(broker: Broker) -> None:
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            await expect(subscriber, "status", "online")
            await ask(broker, "true", retain=True)
            [refused] = await answers(subscriber, 1)
            broker.restart()
            await expect(subscriber, "status", "online", times=2)
            await ask(broker, "true", retain=True)
            await answers(subscriber, 2)
            assert running.executed == []
        async with publishing(settings_for(broker)) as again:
            await answers(subscriber, 3)
            assert again.executed == []
    assert "without retain" in refused["error"]


async def test_a_command_that_fails_costs_neither_its_answer_nor_the_connection(
    broker: Broker, log: pytest.LogCaptureFixture
) -> None:
    async def fail(order: Command) -> CommandResult:
        raise ValueError(order)

    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            running.publisher._receiver._dispatch = fail
            await expect(subscriber, "status", "online")
            for leaf in ("command/test", "volume/set"):
                asked = '{"value": 1, "transaction": 7}'
                await asyncio.to_thread(broker.publish, f"babycryd/nursery/{leaf}", asked)
            failed = await answers(subscriber, 2)
        await expect(subscriber, "status", "stopped")
        assert subscriber.payloads("/status") == ["online", "stopped"]
    assert {(each["transaction"], each["error"]) for each in failed} == {(7, "it failed; the log of babycryd says why")}
    assert "ValueError" in log.text


async def test_what_has_begun_is_done_and_answered_though_the_connection_is_lost(broker: Broker) -> None:
    begun, lost = asyncio.Event(), asyncio.Event()

    async def slowly(_: Command) -> CommandResult:
        begun.set()
        await lost.wait()  # as a speaker takes to open
        return {"lullaby": "ON"}

    with broker.subscriber() as subscriber:
        async with Road(broker.port) as road, publishing(replace(settings_for(broker), port=road.port)) as running:
            running.publisher._receiver._dispatch = slowly
            await expect(subscriber, "status", "online")
            await asyncio.to_thread(broker.publish, "babycryd/nursery/lullaby/set", "ON")
            async with patient():
                await begun.wait()
            road.cut()
            await until(lambda: running.publisher.trouble is not None)
            lost.set()
            await road.mend()
            [told] = await answers(subscriber, 1)
    assert (told["ok"], told["lullaby"]) == (True, "ON")


async def test_nothing_of_a_flood_is_obeyed_when_it_is_over(
    broker: Broker, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "FLOOD_PAUSE_S", 5.0)  # in which as many could be obeyed as at once
    with broker.subscriber() as subscriber:
        async with publishing(settings_for(broker)) as running:
            await expect(subscriber, "status", "online")
            await asyncio.to_thread(lambda: broker.client().flood("babycryd/nursery/volume/set", "7", times=400))
            await logged(log, "a flood of messages came on it")
            await until(lambda: not any(running.publisher._receiver._unanswered.values()))  # of those before the flood
            obeyed = len(running.executed)
            assert obeyed < 40
            async with patient():
                while SetVolume(8.0) not in running.executed:  # until it listens again
                    await asyncio.to_thread(broker.publish, "babycryd/nursery/volume/set", "8")
            assert running.executed[obeyed:].count(SetVolume(7.0)) == 0


async def test_an_old_broker_is_listened_to_as_well() -> None:
    async with OldBroker() as old, publishing(MqttSettings("127.0.0.1", old.port)):
        async with patient():
            await old.subscribed.wait()
        assert old.levels[-1] == 4
