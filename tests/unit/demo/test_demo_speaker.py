"""The speaker of the demo is heard in its nursery, and the canceller takes it out."""

import numpy as np

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.demo.speaker import DELAY_S, GAIN, HeardSpeaker
from babycryd.echo.canceller import EchoCanceller
from tests.support.echoes import ArrayReference, hops, level_db, noise, speex_filter

N = 20 * SAMPLE_RATE_HZ // HOP * HOP


def test_it_is_heard_later_and_in_a_room() -> None:
    click = np.zeros(SAMPLE_RATE_HZ, np.float32)
    click[100] = 1.0
    heard = HeardSpeaker(ArrayReference(click)).heard(0, SAMPLE_RATE_HZ)
    direct = 100 + round(DELAY_S * SAMPLE_RATE_HZ)
    assert abs(heard[direct] - GAIN) < 1e-6
    assert np.abs(heard[:direct]).max() < 1e-6
    assert 0 < np.abs(heard[direct + 1 :]).max() < GAIN


def test_pieces_join_and_without_a_sound_it_is_silent() -> None:
    played = noise(np.random.default_rng(1), N)
    speaker = HeardSpeaker(ArrayReference(played))
    pieces = [speaker.heard(at, 1280) for at in range(0, 12_800, 1280)]
    assert np.allclose(np.concatenate(pieces), speaker.heard(0, 12_800), atol=1e-6)
    assert not HeardSpeaker(ArrayReference(np.zeros(0, np.float32))).heard(0, 1280).any()


def test_the_canceller_takes_it_out() -> None:
    played = noise(np.random.default_rng(2), N)
    heard = HeardSpeaker(ArrayReference(played)).heard(0, N)
    canceller = EchoCanceller(ArrayReference(played), speex_filter())
    clean = np.concatenate([canceller.process(hop).samples for hop in hops(heard)])
    assert level_db(clean[-4 * SAMPLE_RATE_HZ :]) < level_db(heard[-4 * SAMPLE_RATE_HZ :]) - 15
