"""A subscriber that begins late gets what still holds, and nothing that is over."""

from babycryd.core.bus import Bus
from babycryd.core.events import CryEnded, CryStarted, Deaf, Event, Hearing, LevelMeasured, StateChanged
from babycryd.core.soothing_events import LullabyStarted, LullabyStopped
from babycryd.core.stirring_events import StirringEnded, StirringStarted

HEARING, DEAF = Hearing(1.0, "USB"), Deaf(2.0, "unplugged")
STATE = StateChanged(2.0, "deaf", 9.0, "unplugged")
CRY = CryStarted(3.0, 10.0, "20261122T031502480Z", 0.9)
CRY_ENDED = CryEnded(9.0, CRY.episode, 10.0, 6.0, 0.9, 4.0, "calm")
LULLABY, LULLABY_STOPPED = LullabyStarted(3.1, "rain"), LullabyStopped(8.0, "rain", "calm")


async def late(*events: Event, only: tuple[type[Event], ...] | None = None) -> list[Event]:
    bus = Bus()
    for event in events:
        bus.publish(event)
    subscription = bus.subscribe("mqtt", only=only)
    bus.catch_up(subscription)
    return [await subscription.get() for _ in range(len(subscription))]


async def test_only_the_last_of_each_subject_is_told_in_the_order_of_time() -> None:
    assert await late(HEARING, LevelMeasured(1.5, -40.0, -60.0), DEAF, STATE) == [DEAF, STATE]
    assert await late(STATE, DEAF, HEARING) == [STATE, HEARING]


async def test_a_cry_and_a_lullaby_are_told_while_they_last() -> None:
    assert await late(CRY, LULLABY) == [CRY, LULLABY]
    assert await late(CRY, LULLABY, LULLABY_STOPPED) == [CRY]
    assert await late(CRY, LULLABY, LULLABY_STOPPED, CRY_ENDED) == []


async def test_a_subscription_to_some_kinds_gets_only_those() -> None:
    assert await late(HEARING, STATE, only=(StateChanged,)) == [STATE]


async def test_stirring_is_told_while_it_lasts() -> None:
    assert await late(StirringStarted(3.0)) == [StirringStarted(3.0)]
    assert await late(StirringStarted(3.0), StirringEnded(9.0, 6.0)) == []
