"""The quiet gate: silent in a quiet room, open for what stands out, and for five seconds behind it."""

import numpy as np

from babycryd.audio.block import Mono
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.detect.gate import GateSettings
from babycryd.listen_in.live_hops import LiveHop
from babycryd.listen_in.quiet_gate import QuietGate

TONE = (0.1 * np.sin(2 * np.pi * 800 / SAMPLE_RATE_HZ * np.arange(HOP))).astype(np.float32)


def room(number: int) -> Mono:
    return np.random.default_rng(number).normal(0, 1e-3, HOP).astype(np.float32)


def learnt() -> QuietGate:
    """A gate that knows the noise of the room."""
    gate = QuietGate(GateSettings())
    for number in range(200):
        gate.passed(LiveHop(room(number), is_signal=False))
    return gate


def test_it_is_silent_until_something_sounds_and_five_seconds_later_again() -> None:
    gate = learnt()
    quiet = [gate.passed(LiveHop(room(number), is_signal=False)).any() for number in range(1000, 1020)]
    assert not any(quiet)
    opened = gate.passed(LiveHop(room(1) + TONE, is_signal=False))
    assert np.array_equal(opened[320:], (room(1) + TONE)[320:])
    assert opened[0] == 0  # faded in
    after = [gate.passed(LiveHop(room(number), is_signal=False)) for number in range(2000, 2030)]
    open_s = HOP_S * sum(each[320:].any() for each in after)
    assert 4.5 < open_s < 5.5
    assert not after[-1].any()


def test_the_signal_of_a_lost_microphone_passes() -> None:
    gate = learnt()
    assert np.array_equal(gate.passed(LiveHop(TONE, is_signal=True)), TONE)
    assert not gate.passed(LiveHop(room(1), is_signal=False)).any()
