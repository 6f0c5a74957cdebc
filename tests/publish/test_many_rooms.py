"""Rooms by the dozen at one broker, as `python -m benchmarks.rooms` has them by the thousand."""

import pytest

from benchmarks.rooms import measure
from benchmarks.rooms_process import CHAPTERS

pytestmark = pytest.mark.broker


def test_every_event_of_every_room_is_heard_once() -> None:
    outcome = measure(rooms=30, processes=2, night_s=3.0, quiet=True)
    assert outcome.missing == []
    assert all(outcome.latencies_s[chapter] for chapter in CHAPTERS)
    assert (outcome.twice["night"], outcome.twice["all at once"]) == (0, 0)
