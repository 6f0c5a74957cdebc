"""The shipped model in the real runtime."""

import hashlib
import json
import os
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import N_MELS
from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.tflite import ModelError, TfliteClassifier, checked, shipped_classifier

MODELS = resources.files("babycryd.detect") / "models"
MODEL = (MODELS / "cry.tflite").read_bytes()
CARD = json.loads((MODELS / "cry.json").read_text())


def test_the_shipped_model_is_the_one_on_its_card_and_small() -> None:
    assert hashlib.sha256(MODEL).hexdigest() == CARD["sha256"]
    assert len(MODEL) == CARD["bytes"] <= 500_000


def noise(hops: int, scale: float = 1.0, seed: int = 0) -> NDArray[np.float32]:
    return (scale * np.random.default_rng(seed).standard_normal((hops, HOP_FRAMES, N_MELS))).astype(np.float32)


def test_scores_of_any_sound_lie_between_0_and_1() -> None:
    classifier = shipped_classifier()
    for scale in (0.0, 0.1, 1.0, 10.0, 1000.0):
        for frames in noise(5, scale):
            scored = classifier.score(frames)
            assert 0.0 <= scored.score <= 1.0
            assert scored.embedding.shape == (EMBEDDING,)
            assert np.isfinite(scored.embedding).all()


def test_it_remembers_until_it_is_told_to_forget() -> None:
    classifier = shipped_classifier()
    first = [classifier.score(frames).score for frames in noise(12)]
    going_on = [classifier.score(frames).score for frames in noise(12)]
    classifier.reset()
    assert [classifier.score(frames).score for frames in noise(12)] == first != going_on


def test_what_it_has_forgotten_does_not_matter() -> None:
    """The network looks back some two seconds: sound before them does not change the score."""
    one, other = shipped_classifier(), shipped_classifier()
    for frames in noise(10, seed=1):
        one.score(frames)
    for frames in noise(12):
        last = one.score(frames).score, other.score(frames).score
    assert last[0] == pytest.approx(last[1], abs=1e-6)


def test_a_changed_model_is_refused_with_both_checksums() -> None:
    changed = bytearray(MODEL)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(ModelError, match=f"expected {CARD['sha256']}") as refused:
        checked(bytes(changed), CARD["sha256"], "cry.tflite")
    assert hashlib.sha256(changed).hexdigest() in str(refused.value)


def test_what_is_no_model_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"cry\.tflite: not a usable TFLite model"):
        TfliteClassifier(b"this is no model" * 100, "cry.tflite")


YAMNET = Path(os.environ.get("BABYCRYD_SHARED", "../shared")) / "models" / "yamnet.tflite"


@pytest.mark.skipif(not YAMNET.exists(), reason="the shared models are not here (BABYCRYD_SHARED)")
def test_another_network_is_refused_by_its_shapes() -> None:
    with pytest.raises(ModelError, match=r"yamnet\.tflite: inputs .*15600.* are not those of a cry classifier"):
        TfliteClassifier(YAMNET.read_bytes(), "yamnet.tflite")
