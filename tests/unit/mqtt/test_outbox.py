"""Nothing is lost on the way to the broker but the oldest of too many."""

from hypothesis import given
from hypothesis import strategies as st

from babycryd.mqtt.message import Message
from babycryd.mqtt.outbox import Outbox


def event(number: int) -> Message:
    return Message("episode", str(number).encode(), 1, retain=False)


def retained(topic: str, word: str) -> Message:
    return Message(topic, word.encode(), 1, retain=True)


def empty(outbox: Outbox) -> list[bytes]:
    """Send everything."""
    sent = []
    while message := outbox.first():
        sent.append(message.payload)
        outbox.arrived(message)
    return sent


def test_retained_topics_go_first_and_only_their_latest() -> None:
    outbox = Outbox(10)
    for message in (event(1), retained("cry", "ON"), event(2), retained("cry", "OFF"), retained("state", "s")):
        outbox.put(message)
    assert len(outbox) == 4
    assert empty(outbox) == [b"OFF", b"s", b"1", b"2"]
    assert len(outbox) == 0


def test_told_again_are_all_retained_topics_but_no_event() -> None:
    outbox = Outbox(10)
    for message in (retained("cry", "ON"), event(1), retained("state", "s")):
        outbox.put(message)
    empty(outbox)
    outbox.connected(0.0)
    assert empty(outbox) == [b"ON", b"s"]


def test_of_ticks_only_the_latest_goes_and_none_from_before_the_connection() -> None:
    outbox = Outbox(10)
    ticks = [Message("level", str(number).encode(), 0, retain=False) for number in range(3)]
    outbox.put(ticks[0])
    outbox.connected(0.0)
    outbox.put(ticks[1])
    outbox.put(ticks[2])
    outbox.put(event(1))
    assert len(outbox) == 1
    assert empty(outbox) == [b"1", b"2"]


def test_what_has_not_arrived_stays() -> None:
    outbox = Outbox(10)
    outbox.put(event(1))
    assert outbox.first() == outbox.first() == event(1)


def test_a_newer_word_put_while_sending_stays() -> None:
    outbox = Outbox(10)
    outbox.put(on := retained("cry", "ON"))
    outbox.put(retained("cry", "OFF"))
    outbox.arrived(on)
    assert empty(outbox) == [b"OFF"]


def test_an_event_dropped_while_being_sent_takes_no_other_with_it() -> None:
    outbox = Outbox(1)
    outbox.put(first := event(1))
    outbox.put(event(2))
    outbox.arrived(first)
    assert empty(outbox) == [b"2"]


@given(st.integers(1, 20), st.integers(0, 60))
def test_the_oldest_beyond_capacity_are_dropped_and_counted(capacity: int, count: int) -> None:
    outbox = Outbox(capacity)
    for number in range(count):
        outbox.put(event(number))
    assert outbox.dropped == max(0, count - capacity)
    assert empty(outbox) == [str(n).encode() for n in range(outbox.dropped, count)]
