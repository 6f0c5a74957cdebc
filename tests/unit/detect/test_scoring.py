"""Pieces that are scored elsewhere: in time order, none lost, none twice, however late or wrong the answers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babycryd.audio.block import BLOCK
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.core.events import CryEnded, CryStarted, DetectEvent, WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import PIECE_HOPS, Piece, Scored, score_piece
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from tests.support.demo_sound import demo_samples

HOP_S = HOP / SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def night() -> np.ndarray:
    return demo_samples()


@pytest.fixture(scope="module")
def elsewhere() -> TfliteClassifier:
    """The classifier elsewhere."""
    return shipped_classifier()


RemoteScorer = Callable[[Pipeline, list[Piece], float], list[DetectEvent]]


def hear(samples: np.ndarray, remote: RemoteScorer | None, deadline_s: float = 4.0) -> list[DetectEvent]:
    """A night through the pipeline; with `remote`, all of it is lent."""
    pipeline = Pipeline(DetectionSettings(), shipped_classifier())
    pipeline.set_offload(enabled=remote is not None, deadline_s=deadline_s)
    events: list[DetectEvent] = []
    for start in range(0, len(samples) - BLOCK + 1, BLOCK):
        now_s = start / SAMPLE_RATE_HZ
        events += pipeline.push(samples[start : start + BLOCK], now_s, now_s)
        if remote:
            events += remote(pipeline, pipeline.pieces(), now_s)
    return [*events, *pipeline.flush(), *pipeline.finish("stopped")]


def at_once(elsewhere: TfliteClassifier) -> RemoteScorer:
    def answer(pipeline: Pipeline, pieces: list[Piece], _now_s: float) -> list[DetectEvent]:
        events: list[DetectEvent] = []
        for piece in pieces:
            events += pipeline.answer(piece.number, score_piece(elsewhere, piece.samples, piece.n_hops)) or []
        return events

    return answer


def never(_pipeline: Pipeline, _pieces: list[Piece], _now_s: float) -> list[DetectEvent]:
    return []


def episodes(events: list[DetectEvent]) -> list[tuple[str, float]]:
    return [(type(each).__name__, round(each.at_s, 2)) for each in events if isinstance(each, CryStarted | CryEnded)]


def windows(events: list[DetectEvent]) -> dict[float, float]:
    scored = [each for each in events if isinstance(each, WindowScored)]
    assert [each.at_s for each in scored] == sorted({each.at_s for each in scored})
    return {each.at_s: each.score for each in scored}


@pytest.mark.parametrize("answers", [True, False])
def test_the_night_is_the_same_wherever_it_is_scored(
    night: np.ndarray, elsewhere: TfliteClassifier, *, answers: bool
) -> None:
    here, there = hear(night, None), hear(night, at_once(elsewhere) if answers else never)
    assert episodes(here)
    assert episodes(there) == episodes(here)
    assert windows(there).keys() == windows(here).keys()
    differ = [abs(windows(there)[at_s] - score) for at_s, score in windows(here).items()]
    assert np.median(differ) < 0.01  # a piece is heard with two seconds before it, a stream with all of it


def test_an_unanswered_cry_is_found_at_most_the_patience_later(night: np.ndarray) -> None:
    late_s: list[float] = []
    pipeline = Pipeline(DetectionSettings(), shipped_classifier())
    pipeline.set_offload(enabled=True, deadline_s=3.0)
    for start in range(0, len(night) - BLOCK + 1, BLOCK):
        now_s = start / SAMPLE_RATE_HZ
        events = pipeline.push(night[start : start + BLOCK], now_s, now_s)
        late_s += [now_s + BLOCK / SAMPLE_RATE_HZ - each.at_s for each in events if isinstance(each, WindowScored)]
    assert 2.0 < max(late_s) <= 3.0 + HOP_S


def noise(n_hops: int) -> np.ndarray:
    quiet = np.random.default_rng(1).normal(0, 1e-4, 40 * HOP)
    loud = np.random.default_rng(2).normal(0, 0.2, n_hops * HOP)
    return np.concatenate([quiet, loud]).astype(np.float32)


STEPS = st.lists(st.sampled_from(["hop", "hop", "hop", "answer", "answer last", "wrong size", "twice"]), max_size=80)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.booleans())
def test_however_answers_come_every_window_is_scored_once_and_in_order(steps: list[str], lend_all: bool) -> None:  # noqa: FBT001  # drawn
    pipeline = Pipeline(DetectionSettings(), shipped_classifier())
    samples, at, events = noise(90), 0, list[DetectEvent]()
    away: list[Piece] = []

    def push() -> None:
        nonlocal at
        pipeline.set_offload(enabled=lend_all or at % 3 > 0, deadline_s=3.0)
        events.extend(pipeline.push(samples[at * HOP : (at + 1) * HOP], at * HOP_S, at * HOP_S))
        away.extend(pipeline.pieces())
        at += 1

    for _ in range(45):
        push()
    for step in steps:
        if step == "hop":
            push()
        elif away:
            piece = away.pop(0 if step == "answer" else -1)
            right = [Scored(0.5, np.zeros(64, np.float32))] * piece.n_hops
            if step == "wrong size":
                assert pipeline.answer(piece.number, right[1:]) is None
                away.append(piece)
                continue
            events.extend(pipeline.answer(piece.number, right) or [])
            assert pipeline.answer(piece.number, right) is None  # once
    events += pipeline.finish("stopped")
    alone = Pipeline(DetectionSettings(), shipped_classifier())
    plain = [
        event
        for hop in range(at)
        for event in alone.push(samples[hop * HOP : (hop + 1) * HOP], hop * HOP_S, hop * HOP_S)
    ]
    assert windows(events).keys() == windows(plain).keys()


def test_a_piece_has_what_came_before_it(night: np.ndarray) -> None:
    pieces: list[Piece] = []

    def keep(pipeline: Pipeline, new: list[Piece], now_s: float) -> list[DetectEvent]:
        pieces.extend(new)
        return never(pipeline, new, now_s)

    hear(night, keep)
    longest = max(pieces, key=lambda piece: len(piece.samples))
    assert len(longest.samples) == (9 + PIECE_HOPS) * HOP
    start = round(longest.start_s * SAMPLE_RATE_HZ)
    assert np.array_equal(longest.samples, night[start : start + len(longest.samples)])
    assert longest.utc_s == pytest.approx(longest.start_s, abs=0.002)


def quiet(seconds: float) -> np.ndarray:
    return 1e-3 * np.random.default_rng(3).standard_normal(round(seconds * SAMPLE_RATE_HZ)).astype(np.float32)


def test_in_a_quiet_room_the_classifier_is_proven_once_a_minute() -> None:
    pipeline = Pipeline(DetectionSettings(), shipped_classifier())
    room, ages_s = quiet(180), []
    for start in range(0, len(room), HOP):
        at_s = start / SAMPLE_RATE_HZ
        pipeline.push(room[start : start + HOP], at_s, 0.0)
        if at_s > 15:  # until then the gate learns the room, and is open
            ages_s.append(at_s + HOP_S - (pipeline.classified_s or 0.0))
    assert 5 < max(ages_s) < 60
    assert min(ages_s) < 0.5


def test_a_score_that_is_no_number_proves_nothing() -> None:
    classifier = shipped_classifier()
    real = classifier.score
    classifier.score = lambda frames: Scored(float("nan"), real(frames).embedding)  # type: ignore[method-assign]
    pipeline = Pipeline(DetectionSettings(), classifier)
    pipeline.push(quiet(5), 0.0, 0.0)
    assert pipeline.classified_s is None


def test_proving_changes_no_later_score(night: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    proven = hear(night, None)
    monkeypatch.setattr("babycryd.detect.scoring.IDLE_SCORE_EVERY_S", 0.24)
    assert hear(night, None) == proven
