import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.core.event_json import as_json
from babycryd.core.events import CryEnded, CryStarted, DetectEvent, LevelMeasured, SegmentEnded, WindowScored
from babycryd.detect.features import WINDOW_S
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.verifier import Mark

Samples = NDArray[np.float32]
SETTINGS = DetectionSettings(threshold=0.5, end_threshold=0.35)  # of the classifier below, not of the one that ships


class HighBand:
    """A small real classifier: how much of the last four hops' energy lies high up."""

    reference = np.zeros((1, EMBEDDING))

    def __init__(self) -> None:
        self.past: list[float] = []

    def reset(self) -> None:
        self.past.clear()

    def score(self, frames: Samples) -> Scored:
        self.past.append(float(frames[:, 40:].mean() - frames[:, :30].mean()))
        return Scored(float(1 / (1 + np.exp(-2 * np.mean(self.past[-4:])))), np.ones(EMBEDDING, np.float32))


def night(seed: int = 0) -> Samples:
    """20 s: a quiet room; from 8 s to 12 s something loud and high."""
    generator = np.random.default_rng(seed)
    white = generator.standard_normal(20 * SAMPLE_RATE_HZ + 50)
    samples = 0.02 * np.convolve(white, np.hanning(51) / 25, mode="valid")
    loud = slice(8 * SAMPLE_RATE_HZ, 12 * SAMPLE_RATE_HZ)
    samples[loud] += 0.3 * np.diff(generator.standard_normal(4 * SAMPLE_RATE_HZ + 1))
    return samples.astype(np.float32)


def replay(samples: Samples, cuts: list[int]) -> list[DetectEvent]:
    pipeline = Pipeline(SETTINGS, HighBand())
    events: list[DetectEvent] = []
    position = 0
    for block in np.split(samples, np.cumsum(cuts)):
        start_s = position / SAMPLE_RATE_HZ
        events += pipeline.push(block, start_s, start_s)
        position += len(block)
    return events + pipeline.flush() + pipeline.finish("stopped")


def test_a_loud_high_sound_becomes_one_episode() -> None:
    events = replay(night(), [])
    started = [event for event in events if isinstance(event, CryStarted)]
    ended = [event for event in events if isinstance(event, CryEnded)]
    assert len(started) == len(ended) == 1
    assert 8.0 < started[0].at_s < 9.5
    assert started[0].at_s == started[0].utc_s
    assert any(isinstance(event, SegmentEnded) and event.start_s <= 8.0 and event.at_s >= 12.0 for event in events)


def test_an_episode_tells_what_it_sounded_like_to_the_house_and_not_outside() -> None:
    (started,) = [event for event in replay(night(), []) if isinstance(event, CryStarted)]
    assert len(started.embedding) == EMBEDDING
    assert "embedding" not in as_json(started)


def test_marks_hold_an_episode_back_but_not_for_ever() -> None:
    pipeline = Pipeline(SETTINGS, HighBand())
    pipeline.learn([Mark(np.ones(EMBEDDING), cry=False)] * 10)
    patience_s = SETTINGS.doubt.patience_s
    generator = np.random.default_rng(5)
    loud = (0.3 * np.diff(generator.standard_normal(15 * SAMPLE_RATE_HZ + 1))).astype(np.float32)
    events = pipeline.push(np.concatenate([night()[: 6 * SAMPLE_RATE_HZ], loud]), 0.0, 0.0)
    (started,) = [event for event in events if isinstance(event, CryStarted)]
    assert 6 + patience_s < started.at_s < 6 + patience_s + 2


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=30))
def test_blocks_of_any_size_give_identical_events(cuts: list[int]) -> None:
    assert replay(night(), cuts) == replay(night(), [])


def test_windows_are_scored_once_a_hop_and_only_while_the_gate_is_open() -> None:
    at_s = [event.at_s for event in replay(night(), []) if isinstance(event, WindowScored)]
    np.testing.assert_allclose(np.array(at_s) / HOP_S, np.round(np.array(at_s) / HOP_S), atol=1e-6)
    assert len(set(at_s)) == len(at_s)
    assert {8.4, 10.08, 12.0} <= {round(each, 2) for each in at_s}


def test_a_short_clip_is_padded_and_scored_once() -> None:
    for n_samples in (200, 4000, 4 * HOP - 1, 5 * HOP - 1):
        scored = [event for event in replay(night()[:n_samples], []) if isinstance(event, WindowScored)]
        assert [event.at_s for event in scored] == [min(n_samples, 4 * HOP) / SAMPLE_RATE_HZ]
    assert replay(night()[:0], []) == []


def test_a_gap_forgets_the_audio_but_not_the_episode() -> None:
    pipeline = Pipeline(SETTINGS, HighBand())
    samples = night()
    events = pipeline.push(samples[: 10 * SAMPLE_RATE_HZ], 0.0, 0.0)
    events += pipeline.push(samples[10 * SAMPLE_RATE_HZ :], 100.0, 100.0)
    after = [event.at_s for event in events if isinstance(event, WindowScored) and event.at_s >= 100]
    assert min(after) >= 100 + WINDOW_S
    changes = [event for event in events if isinstance(event, CryStarted | CryEnded)]
    assert [type(event) for event in changes] == [CryStarted, CryEnded, CryStarted]  # it still cries after the gap
    assert 100 < changes[1].at_s < 101
    assert changes[2].at_s > min(after)


def test_finish_closes_what_is_open_once() -> None:
    pipeline = Pipeline(SETTINGS, HighBand())
    pipeline.push(night()[: 10 * SAMPLE_RATE_HZ], 0.0, 0.0)
    ended = [event for event in pipeline.finish("deaf", at_s=14.0) if isinstance(event, CryEnded)]
    assert [(event.at_s, event.reason) for event in ended] == [(14.0, "deaf")]
    assert pipeline.finish("deaf") == []


def test_levels_come_about_once_a_second() -> None:
    at_s = np.array([event.at_s for event in replay(night(), []) if isinstance(event, LevelMeasured)])
    assert np.diff(at_s).min() >= 1.0


def test_only_the_running_episode_is_dismissed() -> None:
    pipeline = Pipeline(SETTINGS, HighBand())
    events = pipeline.push(night()[: 10 * SAMPLE_RATE_HZ], 0.0, 0.0)
    (running,) = [event.episode for event in events if isinstance(event, CryStarted)]
    assert pipeline.dismiss("another one") == []
    ended = [event for event in pipeline.dismiss(running) if isinstance(event, CryEnded)]
    assert [(event.episode, event.reason) for event in ended] == [(running, "dismissed")]
    assert pipeline.dismiss(running) == []
