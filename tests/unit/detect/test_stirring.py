"""Stirring: told after two seconds of likely fussing, ended by quiet, a cry or the settings; never a cry itself."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.format import HOP_S, SAMPLE_RATE_HZ
from babycryd.core.events import CryEnded, CryStarted, DetectEvent
from babycryd.core.stirring_events import StirringEnded, StirringEvent, StirringStarted
from babycryd.daemon.model import fuss_head
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.stirring import HYSTERESIS, NEEDED, QUIET_S, VOTERS, FussHead, StirringTracker
from babycryd.detect.tflite import ModelError, fuss_head_of, shipped_fuss_head

HEAD = FussHead(np.append(np.eye(EMBEDDING)[0], -1.0), likely=0.0)  # the logit is the first number less 1


def hop(logit: float) -> Scored:
    embedding = np.zeros(EMBEDDING, np.float32)
    embedding[0] = logit + 1
    return Scored(0.02, embedding)


def heard(logits: Sequence[float | None], *, allowed: bool = True) -> list[StirringEvent]:
    """What a tracker says about hops; None: the gate was closed."""
    tracker = StirringTracker(HEAD)
    events = (
        tracker.update(None if logit is None else hop(logit), number * HOP_S, allowed=allowed)
        for number, logit in enumerate(logits)
    )
    return [event for event in events if event is not None]


def test_whimpers_with_pauses_between_them_are_stirring() -> None:
    assert [event.at_s for event in heard([1.0, None] * NEEDED)] == [pytest.approx(2 * (NEEDED - 1) * HOP_S)]


def test_one_whimper_is_not() -> None:
    assert heard([1.0] * (NEEDED - 1) + [None] * 50) == []


def test_whimpers_too_far_apart_are_not() -> None:
    assert heard(([1.0] * (NEEDED - 1) + [None] * VOTERS) * 5) == []


def test_quiet_ends_it() -> None:
    started, ended = heard([1.0] * NEEDED + [-9.0] * round(QUIET_S / HOP_S + VOTERS))
    assert isinstance(started, StirringStarted)
    assert isinstance(ended, StirringEnded)
    assert QUIET_S <= ended.at_s - started.at_s <= QUIET_S + VOTERS * HOP_S
    assert ended.duration_s == pytest.approx(ended.at_s - started.at_s, abs=0.01)


def test_weaker_fussing_prolongs_it_but_does_not_begin_it() -> None:
    weaker = [-HYSTERESIS / 2] * 200
    assert heard(weaker) == []
    assert [type(event) for event in heard([1.0] * NEEDED + weaker)] == [StirringStarted]


def test_where_it_is_not_allowed_it_ends_and_does_not_begin() -> None:
    tracker = StirringTracker(HEAD)
    for number in range(NEEDED):
        tracker.update(hop(1.0), number * HOP_S, allowed=True)
    assert isinstance(tracker.update(hop(1.0), 9.0, allowed=False), StirringEnded)
    assert heard([1.0] * 50, allowed=False) == []


def test_what_is_no_number_is_no_fussing() -> None:
    assert heard([float("nan")] * 50) == []


@given(st.lists(st.tuples(st.floats(-5, 5) | st.none(), st.booleans()), max_size=150))
def test_starts_and_ends_take_turns(hops: list[tuple[float | None, bool]]) -> None:
    tracker = StirringTracker(HEAD)
    events = [
        tracker.update(None if logit is None else hop(logit), number * HOP_S, allowed=allowed)
        for number, (logit, allowed) in enumerate(hops)
    ]
    kinds = [type(event) for event in [*events, tracker.end(99.0)] if event is not None]
    assert kinds == [StirringStarted, StirringEnded] * (len(kinds) // 2)


class Baby:
    """A classifier that hears fussing in what is loud, and a cry from 12 s to 18 s."""

    reference = np.zeros((1, EMBEDDING))

    def __init__(self) -> None:
        self.hops = 0

    def reset(self) -> None:
        """Nothing to forget: it counts all hops."""

    def score(self, frames: np.ndarray) -> Scored:  # it only counts
        self.hops += 1
        crying = 12.0 <= self.hops * HOP_S <= 18.0
        return Scored(0.95 if crying else 0.02, hop(1.0).embedding)


def night(settings: DetectionSettings, fussing: FussHead | None = HEAD, *, snoozing: bool = False) -> list[DetectEvent]:
    """Four seconds of a quiet room, then 26 s of something loud, then 20 s of quiet."""
    noise = np.random.default_rng(3).standard_normal(50 * SAMPLE_RATE_HZ).astype(np.float32) * 0.003
    noise[4 * SAMPLE_RATE_HZ : 30 * SAMPLE_RATE_HZ] *= 100
    pipeline = Pipeline(settings, Baby(), None, fussing)
    pipeline.snooze(snoozing=snoozing)
    events = [*pipeline.push(noise, 0.0, 0.0), *pipeline.finish("stopped")]
    wanted = (CryStarted, CryEnded, StirringStarted, StirringEnded)
    return [event for event in events if isinstance(event, wanted)]


def test_a_cry_ends_stirring_and_no_listening_lies_between_them() -> None:
    events = night(DetectionSettings(second_opinion=False))
    kinds = [type(event) for event in events]
    assert kinds == [StirringStarted, CryStarted, StirringEnded, StirringStarted, CryEnded, StirringEnded]
    assert events[1].at_s == events[2].at_s
    assert events[3].at_s == events[4].at_s


def test_it_may_be_switched_off_and_a_snooze_hides_it() -> None:
    crying = [CryStarted, CryEnded]
    assert [type(event) for event in night(DetectionSettings(stirring=False))] == crying
    assert [type(event) for event in night(DetectionSettings(), None)] == crying
    assert night(DetectionSettings(), snoozing=True) == []


def test_a_deaf_microphone_ends_it() -> None:
    noise = np.random.default_rng(3).standard_normal(10 * SAMPLE_RATE_HZ).astype(np.float32) * 0.003
    noise[4 * SAMPLE_RATE_HZ :] *= 100
    pipeline = Pipeline(DetectionSettings(), Baby(), None, HEAD)
    assert any(isinstance(event, StirringStarted) for event in pipeline.push(noise, 0.0, 0.0))
    ended = [event for event in pipeline.finish("deaf", 12.0) if isinstance(event, StirringEnded)]
    assert [event.at_s for event in ended] == [12.0]
    assert not any(isinstance(event, StirringEnded) for event in pipeline.finish("deaf", 13.0))


def test_the_shipped_card_has_a_head() -> None:
    head = shipped_fuss_head()
    assert head is not None
    assert head.weights.shape == (EMBEDDING + 1,)
    assert np.isfinite(head.likely)


def test_a_card_without_a_threshold_has_none() -> None:
    assert fuss_head_of({"families": {"weights": {"fuss": [0.0] * (EMBEDDING + 1)}}}) is None


@pytest.mark.parametrize(
    "card",
    [
        {"stirring": {"likely": 0.5}},
        {"stirring": {}, "families": {"weights": {"fuss": [0.0] * (EMBEDDING + 1)}}},
        {"stirring": {"likely": 0.5}, "families": {"weights": {"fuss": [0.0] * EMBEDDING}}},
        {"stirring": {"likely": 0.5}, "families": {"weights": {"fuss": [float("nan")] * (EMBEDDING + 1)}}},
        {"stirring": {"likely": "much"}, "families": {"weights": {"fuss": [0.0] * (EMBEDDING + 1)}}},
        {"stirring": None, "families": None},
    ],
)
def test_a_damaged_card_is_told_and_listening_goes_on(
    card: dict[str, object], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelError, match="reinstall babycryd"):
        fuss_head_of(card)
    monkeypatch.setattr("babycryd.detect.tflite.json.loads", lambda _: card)
    assert fuss_head() is None
    assert "stirring is not recognised until a restart" in caplog.text
