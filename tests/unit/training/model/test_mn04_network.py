"""mn04 in Keras and in TFLite: the same logits as its ONNX file."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.second_opinion import WINDOW_HOPS
from babycryd.detect.second_tflite import TfliteSecondNetwork
from training.data.mn04 import CRY_CLASSES
from training.data.paths import MODELS
from training.evaluation.second_opinion import WINDOWS_HOPS
from training.model.mn04_network import MN04

for needed in ("tensorflow", "onnx", "onnxruntime"):
    pytest.importorskip(needed, reason="converting mn04 needs the training extra")
if not MN04.exists():
    pytest.skip("the shared models are not here (BABYCRYD_SHARED)", allow_module_level=True)


@pytest.fixture(scope="module")
def network() -> Any:
    from training.model.mn04_network import build

    return build()


def mel(frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(frames).normal(-0.5, 0.7, (1, 128, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [hops * HOP_FRAMES for hops in WINDOWS_HOPS])
def test_all_scores_and_the_embedding_are_those_of_the_file(network: Any, frames: int) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(MN04))
    scores, embedding = session.run(["scores", "embedding"], {"mel": mel(frames)[:, None]})
    logits, ours = network(mel(frames)[..., None], training=False)
    np.testing.assert_allclose(1 / (1 + np.exp(-np.asarray(logits))), scores, atol=1e-4)
    np.testing.assert_allclose(np.asarray(ours), embedding, atol=1e-3)


@pytest.mark.parametrize(("weights", "most_bytes", "tolerance"), [("half", 1_600_000, 0.05), ("byte", 1_000_000, 1.0)])
def test_the_file_for_the_device_is_small_and_hears_the_same_cry(
    network: Any, weights: str, most_bytes: int, tolerance: float
) -> None:
    from training.model.mn04_network import to_tflite

    content = to_tflite(network, weights)
    assert len(content) < most_bytes
    device = TfliteSecondNetwork(content, "mn04", WINDOWS_HOPS)
    for frames in (hops * HOP_FRAMES for hops in WINDOWS_HOPS):
        logits = np.asarray(network(mel(frames)[..., None], training=False)[0])[0, list(CRY_CLASSES)]
        assert device.hear(mel(frames)[0]).logit == pytest.approx(float(logits.max()), abs=tolerance)


def test_the_shipped_weights_can_be_read_back_from_the_file() -> None:
    from training.model.mn04_network import to_tflite
    from training.model.second_weights import restored

    shipped = TfliteSecondNetwork((MODELS / "second.tflite").read_bytes(), "shipped")
    again = TfliteSecondNetwork(to_tflite(restored(MODELS / "second.tflite")), "again")
    for seed in range(5):
        heard = np.random.default_rng(seed).normal(-0.5, 0.7, (128, WINDOW_HOPS * HOP_FRAMES)).astype(np.float32)
        assert again.hear(heard).logit == shipped.hear(heard).logit
        assert shipped.hear(heard).embedding.any()
        assert not again.hear(heard).embedding.any()  # nothing was said of directions


def test_weights_of_another_network_are_refused() -> None:
    from training.model.second_weights import restored

    with pytest.raises(ValueError, match=r"not an mn04"):
        restored(MODELS / "cry.tflite")
