"""The ring against a model: a list of all samples with their times."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.block import AudioBlock, StreamClock
from babycryd.audio.ring import RingBuffer

RATE = 16_000
steps = st.tuples(st.integers(0, 40), st.sampled_from([0, 0, 0, 1, 7, 25, 300]))  # block size, samples lost before it


def _append(ring: RingBuffer, made: list[tuple[int, int]]) -> list[float]:
    """Append blocks of rising numbers; all samples since time 0, lost ones as 0."""
    clock = StreamClock(0.0)
    line: list[float] = []
    for size, lost in made:
        line += [0.0] * lost
        samples = np.arange(len(line) + 1, len(line) + 1 + size, dtype=np.float32)
        ring.append(AudioBlock(samples, clock.advance(size, 0.0, lost=lost), 1000 + len(line) / RATE))
        line += samples.tolist()
    return line


@given(st.lists(steps, max_size=40), st.integers(1, 100), st.integers(-50, 2000), st.integers(0, 2000))
def test_any_slice_is_what_the_model_has(made: list[tuple[int, int]], capacity: int, first: int, length: int) -> None:
    ring = RingBuffer(capacity / RATE)
    line = _append(ring, made)
    cut = ring.slice(first / RATE, (first + length) / RATE)
    if cut is None:
        assert not set(range(first, first + length)) & set(range(round(ring.start_s * RATE), len(line)))
    else:
        at = round(cut.start_s * RATE)
        assert at == max(first, round(ring.start_s * RATE))
        assert cut.samples.tolist() == line[at : first + length]
        assert abs(cut.utc_s - 1000 - cut.start_s) < 1e-6


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.integers(1, 100))
def test_without_a_gap_the_newest_samples_are_all_there(sizes: list[int], capacity: int) -> None:
    ring = RingBuffer(capacity / RATE)
    line = _append(ring, [(size, 0) for size in sizes])
    cut = ring.slice(0.0, 1e6)
    assert cut is not None
    assert cut.samples.tolist() == line[-capacity:]


def test_a_short_gap_is_silence_and_a_long_one_forgets() -> None:
    ring = RingBuffer(10 / RATE)
    _append(ring, [(4, 0), (2, 3)])
    cut = ring.slice(0, 1)
    assert cut is not None
    assert cut.samples.tolist() == [1, 2, 3, 4, 0, 0, 0, 8, 9]
    ring.append(AudioBlock(np.ones(2, np.float32), 50 / RATE, 0.0))
    cut = ring.slice(0, 1)
    assert cut is not None
    assert cut.samples.tolist() == [1, 1]
    assert cut.start_s == 50 / RATE


def test_a_slice_is_a_copy() -> None:
    ring = RingBuffer(10 / RATE)
    _append(ring, [(10, 0)])
    cut = ring.slice(0, 1)
    _append(ring, [(10, 0)])
    assert cut is not None
    assert cut.samples.tolist() == list(range(1, 11))


def test_an_empty_ring_has_nothing() -> None:
    assert RingBuffer(1.0).slice(0, 10) is None
