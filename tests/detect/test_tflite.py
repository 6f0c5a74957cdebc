"""The shipped model in the real runtime."""

import hashlib
import json
from importlib import resources

import numpy as np
import pytest

from babycryd.detect.features import N_MELS, WINDOW_FRAMES
from babycryd.detect.tflite import ModelError, TfliteClassifier, shipped_classifier

MODELS = resources.files("babycryd.detect") / "models"
MODEL = (MODELS / "cry.tflite").read_bytes()
CARD = json.loads((MODELS / "cry.json").read_text())


def test_the_shipped_model_is_the_one_on_its_card_and_small() -> None:
    assert shipped_classifier().sha256 == CARD["sha256"] == hashlib.sha256(MODEL).hexdigest()
    assert len(MODEL) <= 500_000


def test_scores_lie_between_0_and_1_whatever_the_window() -> None:
    classifier, rng = shipped_classifier(), np.random.default_rng(0)
    for scale in (0.0, 0.1, 1.0, 10.0, 1000.0):
        window = (scale * rng.standard_normal((WINDOW_FRAMES, N_MELS))).astype(np.float32)
        assert 0.0 <= classifier.score(window) <= 1.0


def test_the_same_window_has_the_same_score() -> None:
    window = np.random.default_rng(1).standard_normal((WINDOW_FRAMES, N_MELS)).astype(np.float32)
    assert shipped_classifier().score(window) == shipped_classifier().score(window)


def test_a_changed_model_is_refused_with_both_checksums() -> None:
    changed = bytearray(MODEL)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(ModelError, match=f"expected {CARD['sha256']}") as refused:
        TfliteClassifier(bytes(changed), CARD["sha256"], "cry.tflite")
    assert hashlib.sha256(changed).hexdigest() in str(refused.value)


def test_what_is_no_model_is_refused_by_name() -> None:
    text = b"this is no model" * 100
    with pytest.raises(ModelError, match=r"cry\.tflite: not a usable TFLite model"):
        TfliteClassifier(text, hashlib.sha256(text).hexdigest(), "cry.tflite")
