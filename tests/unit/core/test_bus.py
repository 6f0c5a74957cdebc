import asyncio

from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Event, Hearing


async def test_every_subscriber_gets_every_event_in_order() -> None:
    bus = Bus()
    one, other = bus.subscribe("one"), bus.subscribe("other")
    events: list[Event] = [Hearing(0.0, "mic"), Deaf(1.0, "gone"), Hearing(2.0, "mic")]
    for event in events:
        bus.publish(event)
    assert [await one.get() for _ in events] == events
    assert [await other.get() for _ in events] == events
    assert bus.dropped == {}


async def test_a_slow_subscriber_loses_its_own_oldest_and_is_counted() -> None:
    bus = Bus()
    slow, quick = bus.subscribe("slow", capacity=2), bus.subscribe("quick")
    for second in range(5):
        bus.publish(Deaf(float(second), "gone"))
    assert [(await slow.get()).at_s for _ in range(2)] == [3.0, 4.0]
    assert [(await quick.get()).at_s for _ in range(5)] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert bus.dropped == {"slow": 3}


async def test_get_waits_for_an_event() -> None:
    bus = Bus()
    subscription = bus.subscribe("one")
    waiting = asyncio.ensure_future(subscription.get())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    bus.publish(Deaf(1.0, "gone"))
    assert (await waiting).at_s == 1.0


async def test_an_unhurried_event_waits_for_the_next_other_one() -> None:
    bus = Bus()
    subscription = bus.subscribe("one", capacity=4, unhurried=(Hearing,))
    waiting = asyncio.ensure_future(subscription.get())
    await asyncio.sleep(0)  # it waits
    bus.publish(Hearing(0.0, "mic"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    bus.publish(Deaf(1.0, "gone"))
    assert [(await waiting).at_s, (await subscription.get()).at_s] == [0.0, 1.0]


async def test_unhurried_events_are_taken_before_they_fill_the_queue() -> None:
    bus = Bus()
    subscription = bus.subscribe("one", capacity=4, unhurried=(Hearing,))
    waiting = asyncio.ensure_future(subscription.get())
    await asyncio.sleep(0)  # it waits
    bus.publish(Hearing(0.0, "mic"))
    bus.publish(Hearing(1.0, "mic"))
    assert (await waiting).at_s == 0.0
    assert bus.dropped == {}
