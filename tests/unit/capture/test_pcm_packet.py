"""Packets of raw sound: their form, their order, and what is missing between them."""

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.capture.pcm_packet import FILLED_S, HELD, Packet, PacketOrder, parse_packet

N = 320  # samples of a packet, 20 ms


def packet(number: int, *, start: int = 0) -> Packet:
    """The packet of this number; its samples all have the number as their value."""
    return Packet((start + number * N) % 2**32, 16_000, np.full(N, number % 1000 + 1, np.int16))


def values(packets: list[Packet]) -> list[int]:
    return [int(each.samples[-1]) - 1 for each in packets]


def test_a_packet_as_the_page_describes_it() -> None:
    parsed = parse_packet(struct.pack("<4sII3h", b"BCA1", 4_000_000_000, 48_000, 1, -2, 3))
    assert (parsed.first, parsed.rate_hz, parsed.samples.tolist()) == (4_000_000_000, 48_000, [1, -2, 3])


@pytest.mark.parametrize(
    "data", [b"", b"BCA1", struct.pack("<4sII", b"BCA1", 0, 16_000), struct.pack("<4sIIh", b"BCA2", 0, 16_000, 1)]
)
def test_other_packets_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="does not begin with BCA1"):
        parse_packet(data)


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="tells of 0 Hz"):
        parse_packet(struct.pack("<4sIIh", b"BCA1", 0, 0, 1))


@given(st.binary(max_size=40))
def test_any_bytes_are_a_packet_or_a_fault(data: bytes) -> None:
    for each in (data, b"BCA1" + data):
        with suppress(ValueError):
            assert len(parse_packet(each).samples) >= 1


def test_packets_in_order_pass_at_once_also_where_the_number_overflows() -> None:
    order, start = PacketOrder(), 2**32 - 3 * N // 2
    assert [values(order.push(packet(n, start=start))) for n in range(4)] == [[0], [1], [2], [3]]
    assert (order.gaps, order.late) == (0, 0)


def test_a_packet_that_was_overtaken_is_put_back_and_nothing_is_lost() -> None:
    order = PacketOrder()
    got = [values(order.push(packet(n))) for n in (0, 2, 3, 1, 4)]
    assert got == [[0], [], [], [1, 2, 3], [4]]
    assert (order.gaps, order.late) == (0, 0)


def test_a_missing_packet_is_silence_and_one_that_comes_too_late_or_twice_is_dropped() -> None:
    order = PacketOrder()
    passed = [each for n in (0, 2, 3, 4, 5, 1, 5, 6) for each in order.push(packet(n))]
    assert values(passed) == [0, 2, 3, 4, 5, 6]
    assert (order.gaps, order.late) == (1, 2)
    assert passed[1].lost == 0
    assert passed[1].samples.tolist() == [0] * N + [3] * N
    assert sum(len(each.samples) for each in passed) == 7 * N  # no time is lost


def test_a_long_gap_is_told_as_lost() -> None:
    order = PacketOrder()
    passed = [each for n in (0, *range(100, 101 + HELD)) for each in order.push(packet(n))]
    assert passed[1].lost == 99 * N > FILLED_S * 16_000
    assert len(passed[1].samples) == N
    assert order.gaps == 1


def test_a_sender_that_starts_anew_is_followed_at_once() -> None:
    order = PacketOrder()
    assert values(order.push(packet(5_000))) == [0]
    assert values(order.push(packet(0))) == [0]
    assert values(order.push(packet(1))) == [1]
    assert (order.gaps, order.late) == (0, 0)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=80))
def test_in_any_order_time_goes_forward_and_samples_are_counted(numbers: list[int]) -> None:
    order, at = PacketOrder(), None
    for number in numbers:
        for each in order.push(packet(number)):
            begin = each.first + N - len(each.samples) - each.lost  # with its silence
            assert at is None or begin == at
            at = each.first + N
            assert len(each.samples) >= N
