"""The model that ships: small, finite, described by its JSON; and the one that is trained."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from babycryd.detect.features import WINDOW_SAMPLES, log_mel, model_input
from training.model import MOST_BYTES, Interpreter, to_tflite
from training.paths import MODELS


@pytest.fixture(scope="module")
def content() -> bytes:
    return (MODELS / "cry.tflite").read_bytes()


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    described: dict[str, Any] = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    return described


def test_the_shipped_file_is_the_one_described(content: bytes, described: dict[str, Any]) -> None:
    assert described["sha256"] == hashlib.sha256(content).hexdigest()
    assert described["bytes"] == len(content) <= MOST_BYTES
    assert 0 < described["threshold"] < 1


@pytest.mark.parametrize("level", [0.0, 1e-6, 1e-3, 0.5, 1.0])
def test_scores_are_probabilities_at_any_level_of_noise(content: bytes, level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(WINDOW_SAMPLES).clip(-1, 1) * level
    score = Interpreter(content).score(model_input(log_mel(noise)))
    assert 0 <= score <= 1
    assert score < 0.5


def test_calibration_is_folded_into_the_last_layer() -> None:
    pytest.importorskip("tensorflow", reason="building a model needs the training extra")
    from training.model import build

    model, window = build(), np.random.default_rng(0).standard_normal((96, 64), dtype=np.float32)
    plain, folded = (Interpreter(to_tflite(model, *by)).score(window) for by in ((1.0, 0.0), (2.0, 0.3)))
    logit = np.log(plain / (1 - plain))
    assert folded == pytest.approx(1 / (1 + np.exp(-(2 * logit + 0.3))), abs=1e-4)
