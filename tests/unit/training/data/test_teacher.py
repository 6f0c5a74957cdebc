"""The teacher's curves: a stopped run goes on with the clips that are missing."""

from pathlib import Path

import numpy as np
import pytest

from training.data import teacher


def test_only_missing_clips_are_scored_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scored, file = list[str](), tmp_path / "work" / "teacher.npz"

    def load(path: str) -> np.ndarray:
        if path == "stops":
            raise KeyboardInterrupt
        scored.append(path)
        return np.full(3, len(path), np.float32)

    monkeypatch.setattr(teacher, "load_audio", load)
    monkeypatch.setattr(teacher, "curve_of", lambda samples: samples)
    monkeypatch.setattr(teacher, "KEEP_EVERY", 2)
    with pytest.raises(KeyboardInterrupt):
        teacher.score_missing(["a", "bb", "stops"], file)
    teacher.score_missing(["a", "bb", "ccc"], file)
    assert scored == ["a", "bb", "ccc"]
    assert {name: curve.tolist() for name, curve in teacher.load_curves(file).items()} == {
        "a": [1, 1, 1],
        "bb": [2, 2, 2],
        "ccc": [3, 3, 3],
    }
