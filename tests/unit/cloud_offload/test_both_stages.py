"""The function runs both stages: the daemon hears from it what it would have decided itself."""

import json
from collections.abc import Iterator
from functools import cache

import model
import numpy as np
import pytest
from recording import Job, job_of
from scoring import answer_of

from babycryd.audio.block import BLOCK
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.core.events import CryEnded, CryStarted, DetectEvent, WindowScored
from babycryd.demo.night import DemoNight
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING, Piece
from babycryd.detect.second_opinion import Opinion, SecondNetwork, SecondOpinion, Sum
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import ModelError, shipped_classifier
from babycryd.offload.response import read_response
from tests.support.demo_sound import demo_samples


class Says:
    """Network that always says the same."""

    def __init__(self, logit: float) -> None:
        self._logit = logit

    def hear(self, mel: object) -> Opinion:
        return Opinion(self._logit, np.zeros(EMBEDDING, np.float32))

    def rest(self) -> None:
        pass


def second(network: SecondNetwork) -> SecondOpinion:
    return SecondOpinion(network, Sum(1.0, 0.0))


def job(segment: str = "s1", **metadata: str) -> Job:
    found = job_of({"bucket": "b", "name": f"recordings/nursery/{segment}.flac", "metadata": metadata})
    assert found is not None
    return found


@pytest.fixture(scope="module")
def cry() -> np.ndarray:
    """Nine seconds of the demo's baby."""
    night = DemoNight()
    scene = next(each for each in night.scenes if each.what == "cry")
    return np.asarray(demo_samples()[int((scene.start_s + 1) * SAMPLE_RATE_HZ) :][: 9 * SAMPLE_RATE_HZ], np.float32)


def answered_by_function(pipeline: Pipeline, pieces: list[Piece], other: SecondOpinion) -> Iterator[DetectEvent]:
    for piece in pieces:
        asked = job(f"p-{piece.number}", start_s=repr(piece.start_s), hops=str(piece.n_hops))
        told = json.dumps(answer_of(asked, piece.samples, shipped_classifier(), other)).encode()
        yield from pipeline.answer(piece.number, read_response(told, asked.segment, piece).scored) or []


@cache
def night_through(settings: DetectionSettings, *, offloading: bool) -> list[DetectEvent]:
    other = shipped_second_opinion() if offloading else None
    pipeline = Pipeline(settings, shipped_classifier(), shipped_second_opinion() if settings.second_opinion else None)
    pipeline.set_offload(enabled=offloading, deadline_s=60.0)
    night, events = demo_samples(), list[DetectEvent]()
    for start in range(0, len(night) - BLOCK + 1, BLOCK):
        events += pipeline.push(night[start : start + BLOCK], start / SAMPLE_RATE_HZ, 0.0)
        if other is not None:
            events += answered_by_function(pipeline, pipeline.pieces(), other)
    return [*events, *pipeline.finish("stopped")]


def episodes(events: list[DetectEvent]) -> list[tuple[str, float]]:
    return [(type(each).__name__, round(each.at_s, 2)) for each in events if isinstance(each, CryStarted | CryEnded)]


def windows(events: list[DetectEvent]) -> np.ndarray:
    return np.array([each.score for each in events if isinstance(each, WindowScored)])


@pytest.mark.parametrize("second_opinion", [True, False])
def test_a_night_is_the_same_wherever_it_is_heard(*, second_opinion: bool) -> None:
    settings = DetectionSettings(second_opinion=second_opinion)
    here, there = night_through(settings, offloading=False), night_through(settings, offloading=True)
    assert episodes(here)
    assert episodes(there) == episodes(here)
    differ = np.abs(windows(there) - windows(here))
    assert np.median(differ) < 0.01  # a piece is heard with two seconds before it, a stream with all of it


def test_a_switched_off_second_opinion_stays_off_in_the_cloud() -> None:
    off = night_through(DetectionSettings(second_opinion=False), offloading=True)
    on = night_through(DetectionSettings(), offloading=True)
    assert np.abs(windows(on) - windows(off)).max() > 0.05


def test_the_sum_decides_and_the_vote_is_told_beside_it(cry: np.ndarray) -> None:
    for logit, is_cry in ((-30.0, False), (5.0, True)):
        answer = answer_of(job(), cry, shipped_classifier(), second(Says(logit)))
        assert (answer["votes"], answer["positive"], answer["cry"]) == (5, 5, is_cry)
        assert answer["subsequences"] == [is_cry] * 5
        assert all(0 <= window["both"] <= 1 for window in answer["windows"])


def test_without_a_second_opinion_or_with_one_that_fails_the_vote_decides(cry: np.ndarray) -> None:
    alone = answer_of(job(), cry, shipped_classifier(), None)
    failing = answer_of(job(), cry, shipped_classifier(), second(Says(float("nan"))))
    assert alone == answer_of(job(), cry, shipped_classifier(), None)
    assert all("both" not in window for window in alone["windows"])
    for answer in (alone, failing):
        assert (answer["positive"], answer["cry"], answer["subsequences"]) == (5, True, [True] * 5)


def test_the_first_hop_of_a_piece_looks_back_at_the_scores_before_it(cry: np.ndarray) -> None:
    piece = cry[: 14 * HOP]
    whole = answer_of(job(), piece, shipped_classifier(), shipped_second_opinion())["windows"]
    last = answer_of(job(hops="5"), piece, shipped_classifier(), shipped_second_opinion())["windows"]
    assert [window["both"] for window in last] == [window["both"] for window in whole[-5:]]


def test_a_clip_shorter_than_a_window_has_the_classifier_alone(cry: np.ndarray) -> None:
    answer = answer_of(job(), cry[: HOP // 2], shipped_classifier(), shipped_second_opinion())
    assert ["both" in window for window in answer["windows"]] == [False]


def test_another_classifier_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model.second_opinion.cache_clear()
    monkeypatch.setenv("MODEL_URI", "gs://bucket/other.tflite")
    assert model.second_opinion() is None
    model.second_opinion.cache_clear()


def test_a_missing_file_is_noted_and_leaves_the_classifier_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise ModelError("second.tflite is gone")

    model.second_opinion.cache_clear()
    monkeypatch.delenv("MODEL_URI", raising=False)
    monkeypatch.setattr(model, "shipped_second_opinion", missing)
    assert model.second_opinion() is None
    assert json.loads(capsys.readouterr().out)["message"] == "no second opinion: second.tflite is gone"
    model.second_opinion.cache_clear()
