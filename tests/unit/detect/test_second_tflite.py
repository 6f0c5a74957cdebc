"""The second opinion that ships, in the real runtime."""

import hashlib
import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.format import HOP_FRAMES
from babycryd.core.event_json import as_json
from babycryd.core.events import CryStarted, DetectEvent, WindowScored
from babycryd.detect.pipeline import Pipeline
from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.second_features import MELS
from babycryd.detect.second_opinion import WINDOW_HOPS, SecondOpinion
from babycryd.detect.second_tflite import ModelFile, TfliteSecondNetwork, shipped_second_opinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import ModelError, shipped_classifier
from tests.support.demo_sound import demo_samples

MODELS = resources.files("babycryd.detect") / "models"
MODEL = (MODELS / "second.tflite").read_bytes()
CARD = json.loads((MODELS / "second.json").read_text())


def events_of_the_demo(second: SecondOpinion | None, block: int = 4096) -> list[DetectEvent]:
    pipeline, samples = Pipeline(DetectionSettings(), shipped_classifier(), second), demo_samples()
    parts = [samples[first : first + block] for first in range(0, len(samples), block)]
    events = [event for k, part in enumerate(parts) for event in pipeline.push(part, k * block / 16000, 0.0)]
    return events + pipeline.flush() + pipeline.finish("stopped")


def test_the_shipped_network_is_the_one_on_its_card_and_small() -> None:
    assert hashlib.sha256(MODEL).hexdigest() == CARD["sha256"]
    assert len(MODEL) == CARD["bytes"] <= 2_000_000
    assert "MIT License" in (MODELS / "second.LICENCE.txt").read_text()


@pytest.mark.parametrize("level", [-1.4, -0.5, 0.5])
def test_noise_and_silence_are_no_cry(level: float) -> None:
    network = TfliteSecondNetwork(MODEL, "second.tflite")
    noise = np.random.default_rng(0).normal(level, 0.1, (MELS, WINDOW_HOPS * HOP_FRAMES)).astype(np.float32)
    assert -30 < network.hear(noise).logit < -2


def test_a_network_that_rested_hears_the_same() -> None:
    network = TfliteSecondNetwork(MODEL, "second.tflite")
    noise = np.random.default_rng(0).normal(-0.5, 0.1, (MELS, WINDOW_HOPS * HOP_FRAMES)).astype(np.float32)
    before = network.hear(noise)
    network.rest()
    after = network.hear(noise)
    assert after.logit == before.logit
    assert np.array_equal(after.embedding, before.embedding)


def test_a_network_of_a_file_reads_it_again_after_a_rest_and_not_another_file_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "second.tflite"
    path.write_bytes(MODEL)
    network = TfliteSecondNetwork(ModelFile(path, CARD["sha256"]), "second.tflite")
    noise = np.random.default_rng(0).normal(-0.5, 0.1, (MELS, WINDOW_HOPS * HOP_FRAMES)).astype(np.float32)
    before = network.hear(noise)
    (tmp_path / "new").write_bytes(b"of the next version")
    (tmp_path / "new").replace(path)
    network.rest()
    assert network.hear(noise).logit == before.logit


def test_a_file_that_was_damaged_while_the_network_rested_is_no_opinion(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "second.tflite"
    path.write_bytes(MODEL)
    network = TfliteSecondNetwork(ModelFile(path, CARD["sha256"]), "second.tflite")
    network.rest()
    with path.open("r+b") as file:
        file.write(b"damaged")
    heard = network.hear(np.zeros((MELS, WINDOW_HOPS * HOP_FRAMES), np.float32))
    assert np.isnan(heard.logit)
    assert "the classifier decides alone" in caplog.text


def test_what_is_no_model_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"second\.tflite: not a usable TFLite model"):
        TfliteSecondNetwork(b"this is no model" * 100, "second.tflite")


def test_another_network_is_refused() -> None:
    with pytest.raises(ModelError, match=r"cry\.tflite: "):
        TfliteSecondNetwork((MODELS / "cry.tflite").read_bytes(), "cry.tflite")


def test_the_cry_of_the_demo_is_one_episode_as_without_it() -> None:
    alone, both = events_of_the_demo(None), events_of_the_demo(shipped_second_opinion())
    (first,), (second,) = ([one.at_s for one in events if isinstance(one, CryStarted)] for events in (alone, both))
    assert abs(first - second) < 1.0


def test_an_episode_holds_what_the_second_opinion_heard_and_keeps_it_to_itself() -> None:
    second = shipped_second_opinion()
    (before,) = (one for one in events_of_the_demo(second) if isinstance(one, CryStarted))
    assert len(before.second_embedding) == EMBEDDING
    assert np.isfinite(before.second_embedding).all()
    assert second.reference is not None
    assert second.reference.shape == (256, EMBEDDING)
    assert "second_embedding" not in as_json(before)
    (alone,) = (one for one in events_of_the_demo(None) if isinstance(one, CryStarted))
    assert alone.second_embedding == ()


def test_only_what_the_classifier_suspects_can_become_a_cry() -> None:
    alone, both = (
        {round(one.at_s, 2): one.score for one in events_of_the_demo(second) if isinstance(one, WindowScored)}
        for second in (None, shipped_second_opinion())
    )
    raised = [at_s for at_s, score in both.items() if score >= 0.1]
    assert alone.keys() == both.keys()
    assert raised
    assert all(max(score for when, score in alone.items() if at_s - 0.5 < when <= at_s) >= 0.1 for at_s in raised)


def test_blocks_of_any_size_give_identical_events() -> None:
    assert (
        events_of_the_demo(shipped_second_opinion(), 3840)[-1] == events_of_the_demo(shipped_second_opinion(), 1000)[-1]
    )
