"""Rivals: scores are computed once, and a scene meets the same poor microphone every time."""

from pathlib import Path

import numpy as np

from training.evaluation import rivals
from training.evaluation.metrics import Scores


def test_kept_scores_are_not_computed_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def score(key: str) -> Scores:
        asked.append(key)
        return np.array([float(len(key))])

    for keys in (["a", "bb"], ["a", "bb", "ccc"]):
        found = rivals._kept(tmp_path / "kept" / "scores.npz", keys, score, "scenes")
        assert {key: found[key].tolist() for key in keys} == {key: [len(key)] for key in keys}
    assert asked == ["a", "bb", "ccc"]


def test_a_scene_meets_the_same_poor_microphone_and_no_gate_shuts_its_cries_out() -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000).astype(np.float32)
    sound[8_000:] *= np.float32(0.01)
    for index in range(12):
        heard = rivals.through_poor_microphone(index, sound)
        assert np.array_equal(heard, rivals.through_poor_microphone(index, sound))
        assert heard.shape == sound.shape
        assert np.any(heard[10_000:])
