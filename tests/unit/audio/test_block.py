import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.block import BLOCK, AudioBlock, StreamClock
from babycryd.audio.format import HOP


def test_three_blocks_are_one_hop_of_the_detector() -> None:
    assert 3 * BLOCK == HOP


@given(st.lists(st.integers(0, 5000), min_size=1), st.integers(0, 10**10))
def test_blocks_of_any_size_of_one_stream_join_exactly(sizes: list[int], first: int) -> None:
    clock = StreamClock(0.0)
    clock.advance(first, 0.0)
    blocks = [AudioBlock(np.zeros(size, np.float32), clock.advance(size, 0.0), 0.0) for size in sizes]
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(blocks))


def test_lost_samples_are_a_gap() -> None:
    clock = StreamClock(0.0)
    clock.advance(16_000, 1.0)
    assert clock.advance(16_000, 3.5, lost=8_000) == 1.5
    assert clock.at(3.5) == 2.5


def test_time_goes_on_without_samples_and_the_next_one_is_heard_then() -> None:
    clock = StreamClock(100.0)
    clock.advance(16_000, 101.2)
    assert clock.at(103.2) == 3.0
    clock.skip_to(105.2)
    assert clock.advance(160, 105.3) == 5.0


def test_time_never_goes_backwards() -> None:
    clock = StreamClock(100.0)
    clock.advance(16_000, 101.0)
    clock.skip_to(90.0)
    assert clock.at(95.0) >= 1.0
