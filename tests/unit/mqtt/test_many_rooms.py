"""Rooms by the dozen at one broker, as `python -m benchmarks.rooms` has them by the thousand."""

import pytest

from benchmarks.rooms import measure
from benchmarks.rooms_process import CHAPTERS
from tests.support.broker import Broker
from tests.support.mqtt_subscriber import FastSubscriber
from tests.support.patience import HANG_S, wait_until

pytestmark = pytest.mark.broker


def test_every_event_of_every_room_is_heard_once() -> None:
    outcome = measure(rooms=30, processes=2, night_s=3.0, quiet=True)
    assert outcome.missing == []
    assert all(outcome.latencies_s[chapter] for chapter in CHAPTERS)
    assert (outcome.twice["night"], outcome.twice["all at once"]) == (0, 0)


def test_collectors_share_the_rooms_and_one_that_dies_finds_its_share_when_it_is_back(broker: Broker) -> None:
    def collector(name: str) -> FastSubscriber:
        return FastSubscriber(broker.client(), "$share/record/babycryd/+/episode", name=name)

    def cry(rooms: range) -> None:
        broker.client().publish_many([(f"babycryd/room-{room}/episode", b"%d" % room) for room in rooms])

    def rooms(*capture: FastSubscriber) -> list[int]:
        return sorted(int(payload) for subscriber in capture for _, _, payload in subscriber.notes)

    def heard(count: int, *capture: FastSubscriber) -> None:
        wait_until(lambda: len(rooms(*capture)) >= count, HANG_S, lambda: rooms(*capture))

    with collector("a") as a, collector("b") as b:
        cry(range(40))
        heard(40, a, b)
        assert rooms(a, b) == list(range(40))  # each at one of them only
        assert a.notes
        assert b.notes
        a.die()
        cry(range(40, 80))
        with collector("a") as again:
            heard(80, a, b, again)
            assert rooms(a, b, again) == list(range(80))
            assert again.notes
