"""Network of the student: small, causal, and streaming, so that no layer computes a hop twice.

    python -m training.model.network       prints its layers, size and time a hop, before any training

A trunk of four convolutions turns the 24 frames of a hop into one vector; the head sees the vectors of the last 8 hops
(1.9 s). The same code builds two models: one over whole segments for training, with zeros before the first frame, and
one over a single hop for the device, with the past of its layers as an input and an output.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.detect.features import N_MELS
from babycryd.detect.scoring import EMBEDDING
from training.data.family_labels import LEARNT
from training.model.architectures import SHIPPED, TRUNKS, head

MAX_BYTES = 500_000  # of the TFLite file
CRY_LAYER, FAMILY_LAYER, SCORE_LAYER = "logit", "families", "score"
WEIGHTS: Final = ("byte", "half")  # the first one ships
PrependPast = Callable[[Any, int], Any]  # (tensor (batch, time, ...), n) -> the same with n earlier steps before it


def _prepend_zeros(tensor: Any, steps: int) -> Any:
    from keras import layers

    if steps == 0:
        return tensor
    pad = layers.ZeroPadding1D if len(tensor.shape) == 3 else layers.ZeroPadding2D
    return pad((steps, 0) if len(tensor.shape) == 3 else ((steps, 0), (0, 0)))(tensor)


def build(architecture: str = SHIPPED, dropout: float = 0.2) -> Any:
    """Keras model for training: (batch, 24 t, 64, 1) of `features.levelled` -> logits.

    They are (batch, t, 1) of the cry and (batch, t, len(LEARNT)) of the families that sound beside it.
    """
    import keras  # seconds to import, and only training needs it

    inputs = keras.Input((None, N_MELS, 1))
    hidden = head(TRUNKS[architecture](inputs, _prepend_zeros), _prepend_zeros, architecture, dropout)
    cry, families = keras.layers.Dense(1, name=CRY_LAYER), keras.layers.Dense(len(LEARNT), name=FAMILY_LAYER)
    return keras.Model(inputs, [cry(hidden), families(hidden)])


class _StreamState:
    """State of all layers as one flat input and one flat output, in the order of construction."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.new: list[Any] = []
        self.flat: Any = None  # (1, size); None while only the sizes are counted

    @property
    def size(self) -> int:
        return int(sum(np.prod(shape) for shape in self.shapes))

    def prepend_past(self, tensor: Any, steps: int) -> Any:
        """`PrependPast` that takes the steps from the state and puts the last ones into the new state."""
        from keras import layers, ops

        if steps == 0:
            return tensor
        begin, shape = self.size, (steps, *tensor.shape[2:])
        self.shapes.append(shape)
        if self.flat is None:
            return _prepend_zeros(tensor, steps)
        piece = ops.reshape(self.flat[:, begin : self.size], (1, *shape))
        whole = layers.Concatenate(axis=1)([piece, tensor])
        self.new.append(ops.reshape(whole[:, -steps:], (1, -1)))
        return whole


def streaming_model(model: Any, architecture: str = SHIPPED, scale: float = 1.0, shift: float = 0.0) -> Any:
    """Keras model for the device: frames (1, 24, 64, 1), state (1, s) -> score (1, 1), embedding (1, 64), state (1, s).

    Its weights are those of `model`. The score is sigmoid(scale * logit + shift), folded into the last layer.
    """
    import keras

    inputs = keras.Input(batch_shape=(1, HOP_FRAMES, N_MELS, 1), name="frames")
    sizing = _StreamState()
    head(TRUNKS[architecture](inputs, sizing.prepend_past), sizing.prepend_past, architecture, 0.0)
    state = _StreamState()
    state.flat = keras.Input(batch_shape=(1, sizing.size), name="state")
    hidden = head(TRUNKS[architecture](inputs, state.prepend_past), state.prepend_past, architecture, 0.0)
    score = keras.layers.Dense(1, activation="sigmoid", name=SCORE_LAYER)
    outputs = [score(hidden[:, -1]), hidden[:, -1], keras.layers.Concatenate(axis=1)(state.new)]
    device = keras.Model([inputs, state.flat], outputs)
    _copy_weights(model, device)
    kernel, bias = model.get_layer(CRY_LAYER).get_weights()
    score.set_weights([kernel * scale, bias * scale + shift])
    return device


def _copy_weights(model: Any, device: Any) -> None:
    """Copy the weights layer by layer, except those of the outputs; both models have their layers in the same order."""
    outputs = {CRY_LAYER, FAMILY_LAYER, SCORE_LAYER}
    theirs, ours = (
        [layer for layer in one.layers if layer.weights and layer.name not in outputs] for one in (model, device)
    )
    for source, target in zip(theirs, ours, strict=True):
        target.set_weights(source.get_weights())


def family_weights(model: Any) -> dict[str, list[float]]:
    """Weights of each family: 64 of the embedding, then the bias. The sigmoid of their sum is its probability.

    The file that ships has the embedding as an output, so that a family costs the device 64 multiplications.
    """
    kernel, bias = model.get_layer(FAMILY_LAYER).get_weights()
    rows = np.concatenate([kernel, bias[None]]).T
    return {name: [round(float(one), 6) for one in row] for name, row in zip(LEARNT, rows, strict=True)}


def to_tflite(
    model: Any, architecture: str = SHIPPED, scale: float = 1.0, shift: float = 0.0, weights: str = WEIGHTS[0]
) -> bytes:
    """The streaming model as a TFLite file; `weights`: 8 bits with a scale a channel ("byte"), or 16 ("half")."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(streaming_model(model, architecture, scale, shift))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "half":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def microseconds_per_hop(content: bytes, runs: int = 3000) -> float:
    """Median time of one hop on one thread of this computer, in microseconds."""
    from babycryd.detect.tflite import TfliteClassifier

    model, rng = TfliteClassifier(content, "this model"), np.random.default_rng(0)
    frames: NDArray[np.float32] = rng.standard_normal((HOP_FRAMES, N_MELS), dtype=np.float32)
    taken_s = list[float]()
    for _ in range(runs):
        begin_s = time.perf_counter()
        model.score(frames)
        taken_s.append(time.perf_counter() - begin_s)
    return float(np.median(taken_s)) * 1e6


def main() -> None:
    """Print layers, size and time a hop of an untrained model, or size and time of a .tflite file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="measure this .tflite file instead of an untrained model")
    parser.add_argument("--architecture", choices=list(TRUNKS), default=SHIPPED)
    options = parser.parse_args()
    if options.file:
        content = options.file.read_bytes()
    else:
        model = build(options.architecture)
        model.summary()
        content = to_tflite(model, options.architecture)
    print(f"{len(content)} bytes (at most {MAX_BYTES}), {microseconds_per_hop(content):.0f} us a hop, {EMBEDDING=}")


if __name__ == "__main__":
    main()
