from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.format import HOP, HOP_S
from babycryd.demo.voice import cry
from babycryd.detect.gate import ActivityGate, GateSettings, Segmenter


def noise(seconds: float, level_dbfs: float, seed: int = 0) -> NDArray[np.float32]:
    samples = np.random.default_rng(seed).standard_normal((round(seconds / HOP_S), HOP))
    scaled: NDArray[np.float32] = (samples * 10 ** (level_dbfs / 20)).astype(np.float32)
    return scaled


def tone(frequency_hz: float, level_dbfs: float) -> NDArray[np.float32]:
    time_s = np.arange(HOP) / 16000
    sine = np.sqrt(2) * 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.asarray(sine, np.float32)


def gate_in_room(level_dbfs: float) -> ActivityGate:
    gate = ActivityGate(GateSettings())
    for hop in noise(90, level_dbfs):
        gate.process(hop)
    return gate


@pytest.mark.parametrize("room_dbfs", [-75.0, -50.0, -30.0])
def test_a_steady_room_is_quiet_at_any_level(room_dbfs: float) -> None:
    gate = gate_in_room(room_dbfs)
    heard = [gate.process(hop).active for hop in noise(60, room_dbfs, seed=1)]
    assert np.mean(heard) < 0.05


def test_a_constant_offset_is_no_level() -> None:
    plain, offset = ActivityGate(GateSettings()), ActivityGate(GateSettings())
    for hop in noise(3, -60.0):
        first, second = plain.process(hop), offset.process(hop + np.float32(0.3))
    assert second.level_dbfs == pytest.approx(-60, abs=0.5)
    assert second.noise_floor_dbfs == pytest.approx(first.noise_floor_dbfs, abs=0.5)
    assert first.active == second.active


@pytest.mark.parametrize("frequency_hz", [450, 1000, 2500, 4000])
def test_a_sound_at_the_level_of_the_room_opens_it(frequency_hz: float) -> None:
    gate = gate_in_room(-50)
    assert gate.process(noise(HOP_S, -50, seed=2)[0] + tone(frequency_hz, -50)).active


def test_rumble_does_not_open_it() -> None:
    gate = gate_in_room(-60)
    assert not gate.process(noise(HOP_S, -60, seed=3)[0] + tone(60, -35)).active


def test_a_stream_that_begins_with_a_cry_is_heard_at_once() -> None:
    gate = ActivityGate(GateSettings())
    assert gate.process(tone(450, -20)).active


def test_level_and_floor_are_in_dbfs() -> None:
    gate = gate_in_room(-50)
    heard = gate.process(noise(HOP_S, -50, seed=4)[0])
    assert heard.level_dbfs == pytest.approx(-50, abs=0.5)
    assert heard.noise_floor_dbfs == pytest.approx(-50, abs=2)


def test_digital_silence_is_finite_and_quiet() -> None:
    gate = ActivityGate(GateSettings())
    for _ in range(400):
        heard = gate.process(np.zeros(HOP, np.float32))
    assert not heard.active
    assert np.isfinite([heard.level_dbfs, heard.noise_floor_dbfs]).all()


SETTINGS = GateSettings(hangover_s=0.96, minimum_s=0.48, maximum_s=6.0)


@given(st.lists(st.booleans(), max_size=200))
def test_segments_cover_all_activity_and_keep_their_limits(active: list[bool]) -> None:
    segmenter = Segmenter(SETTINGS)
    covered, segments = [], []
    for index, is_active in enumerate(active):
        at_s = (index + 1) * HOP_S
        if ended := segmenter.update(active=is_active, at_s=at_s):
            segments.append(ended)
        covered.append(segmenter.open)
    for is_active, is_open in zip(active, covered, strict=True):
        assert is_open or not is_active
    for (_, end_s), (start_s, _) in pairwise(segments):
        assert end_s <= start_s + 1e-9  # times are sums of hops
    for start_s, end_s in segments:
        assert end_s - start_s <= SETTINGS.maximum_s + HOP_S / 2
        assert end_s - start_s >= SETTINGS.minimum_s


def test_hangover_bridges_a_breath_and_no_more() -> None:
    segmenter = Segmenter(SETTINGS)
    hops = [True] + [False] * 3 + [True] + [False] * 10
    opened = []
    for index, is_active in enumerate(hops):
        segmenter.update(active=is_active, at_s=(index + 1) * HOP_S)
        opened.append(segmenter.open)
    assert opened == [True] * 9 + [False] * 6  # 5 hops with the breath, 4 of hangover


def test_ten_minutes_of_crying_are_not_learnt_as_the_room() -> None:
    gate = gate_in_room(-55)
    rng = np.random.default_rng(5)
    crying = np.tile(cry(rng, 60), 10)
    heard = crying + 10 ** (-55 / 20) * rng.standard_normal(len(crying))
    hops = heard[: len(heard) // HOP * HOP].astype(np.float32).reshape(-1, HOP)
    segmenter = Segmenter(GateSettings())
    opened = []
    for index, hop in enumerate(hops):
        segmenter.update(active=gate.process(hop).active, at_s=(index + 1) * HOP_S)
        opened.append(segmenter.open)
    assert np.mean(opened) > 0.99
