"""Teachers score the same sounds, none twice, and the better one has the better figures."""

from pathlib import Path

import numpy as np
import pytest

from training.data.manifest import Clip
from training.data.recordings import Samples
from training.evaluation import teachers
from training.evaluation.teachers import Cell, load_scores, score_missing, table

CLIPS = [
    Clip(f"{number}.flac", "cry" if number < 4 else "neg", "val", f"group {number}", "set", "", "CC0", 1.0, 0.0)
    for number in range(8)
]


@pytest.fixture(autouse=True)
def _sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teachers, "load_audio", lambda path: np.full(4, float(path[0]), np.float32))
    monkeypatch.setattr(teachers, "degraded", lambda _rng, sound, _side: sound + np.float32(0.5))


def test_every_clip_is_scored_once_clean_and_once_degraded(tmp_path: Path) -> None:
    heard: list[float] = []

    def teacher(sound: Samples) -> float:
        heard.append(float(sound[0]))
        return 0.1

    for clips in (CLIPS[:2], CLIPS[:3], CLIPS[:3]):
        score_missing(clips, "val", tmp_path / "scores.csv", {"teacher": teacher})
    assert heard == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert load_scores(tmp_path / "scores.csv")[Cell("2.flac", "degraded", "teacher")] == 0.1


def test_a_teacher_that_joins_later_does_not_make_the_others_score_again(tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    score_missing(CLIPS, "val", file, {"first": lambda _: 0.2})
    scores = score_missing(CLIPS, "val", file, {"first": lambda _: 0.9, "second": lambda _: 0.3})
    assert scores[Cell("0.flac", "clean", "first")] == 0.2
    assert scores[Cell("0.flac", "clean", "second")] == 0.3


def test_the_teacher_that_tells_cries_apart_has_the_higher_figures(tmp_path: Path) -> None:
    named = {"good": lambda sound: 1.0 - float(sound[0]) / 10, "bad": lambda sound: float(sound[0]) / 10}
    scores = score_missing(CLIPS, "val", tmp_path / "scores.csv", named)
    good, bad = table(CLIPS, scores, ["good", "bad"]).splitlines()[2:]
    assert good.startswith("| good | 1.000 (")
    assert bad.startswith("| bad | 0.000 (")
