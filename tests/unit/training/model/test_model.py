"""The model that ships: small, finite, described by its JSON; and the one that is trained."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.detect.tflite import TfliteClassifier
from training.data.family_labels import LEARNT
from training.data.paths import MODELS
from training.model.architectures import TRUNKS
from training.model.network import MAX_BYTES
from training.model.streaming import scores_and_embeddings


@pytest.fixture(scope="module")
def content() -> bytes:
    return (MODELS / "cry.tflite").read_bytes()


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    described: dict[str, Any] = json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))
    return described


def test_the_shipped_file_is_the_one_described(content: bytes, described: dict[str, Any]) -> None:
    assert described["sha256"] == hashlib.sha256(content).hexdigest()
    assert described["bytes"] == len(content) <= MAX_BYTES
    assert 0 < described["threshold"] < 1


@pytest.mark.parametrize("level", [0.0, 1e-6, 1e-3, 0.5, 1.0])
def test_noise_of_any_level_is_no_cry(content: bytes, level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(5 * SAMPLE_RATE_HZ).clip(-1, 1) * level
    scores, _ = scores_and_embeddings(TfliteClassifier(content, "cry.tflite"), noise.astype(np.float32))
    assert len(scores) == 5 * SAMPLE_RATE_HZ // HOP - 3
    assert np.all((scores >= 0) & (scores < 0.5))


@pytest.mark.parametrize("architecture", list(TRUNKS))
def test_hop_after_hop_it_says_what_the_whole_recording_would(architecture: str) -> None:
    pytest.importorskip("tensorflow", reason="building a model needs the training extra")
    from training.model.network import build, to_tflite

    model, hops = build(architecture), np.random.default_rng(0).standard_normal((20, 24, 64), dtype=np.float32)
    logits = model(hops.reshape(1, -1, 64, 1), training=False)[0].numpy()[0, :, 0]
    classifier = TfliteClassifier(to_tflite(model, architecture, 2.0, 0.3), "fresh")
    scores = [classifier.score(frames).score for frames in hops]
    assert scores == pytest.approx(1 / (1 + np.exp(-(2 * logits + 0.3))), abs=2e-3)  # half-precision weights


def test_a_family_is_read_from_the_embedding_of_the_file_that_ships() -> None:
    pytest.importorskip("tensorflow", reason="building a model needs the training extra")
    from training.model.network import build, family_weights, to_tflite

    model, hops = build(), np.random.default_rng(0).standard_normal((12, 24, 64), dtype=np.float32)
    logits = model(hops.reshape(1, -1, 64, 1), training=False)[1].numpy()[0]
    classifier, weights = TfliteClassifier(to_tflite(model), "fresh"), family_weights(model)
    assert list(weights) == list(LEARNT)
    rows = np.array(list(weights.values()))
    found = [rows @ np.append(classifier.score(frames).embedding, 1.0) for frames in hops]
    assert np.array(found) == pytest.approx(logits, abs=0.05)  # weights in 8 bits
