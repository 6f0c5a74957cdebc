"""The student: a small plain convolutional network on 96 x 64 log-mel windows.

    python -m training.model       prints its layers, size and time per window before any training

Plain 3x3 convolutions train seven times faster on a CPU than depthwise ones and, at this size, run as fast.
The first layer strides 4 frames (40 ms) by 2 bands, where most of the time would go; the channels
come later, where the picture is small.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from babycryd.detect.features import N_MELS, WINDOW_FRAMES

CHANNELS = (24, 32, 64, 96)
HIDDEN = 64
MOST_BYTES = 500_000


def build(dropout: float = 0.2) -> Any:
    """A Keras model: (batch, 96, 64, 1) of `features.model_input` -> (batch, 1) logit."""
    import keras  # seconds to import, and only training needs it
    from keras import layers

    entrance = picture = keras.Input((WINDOW_FRAMES, N_MELS, 1))
    for index, channels in enumerate(CHANNELS):
        size, stride = (5, (4, 2)) if index == 0 else (3, 2)
        picture = layers.Conv2D(channels, size, stride, padding="same", use_bias=False)(picture)
        picture = layers.ReLU()(layers.BatchNormalization(momentum=0.98)(picture))
    summary = layers.Concatenate()([layers.GlobalAveragePooling2D()(picture), layers.GlobalMaxPooling2D()(picture)])
    hidden = layers.Dense(HIDDEN, activation="relu")(layers.Dropout(dropout)(summary))
    return keras.Model(entrance, layers.Dense(1, name="logit")(hidden))


def to_tflite(model: Any, scale: float = 1.0, shift: float = 0.0) -> bytes:
    """Float32 TFLite with input (1, 96, 64, 1) and output (1, 1) = sigmoid(scale * logit + shift).

    The calibration is folded into the last layer, so that it costs nothing; the model given is not changed.
    """
    import keras
    import tensorflow as tf

    last = model.get_layer("logit")
    kernel, bias = last.get_weights()
    calibrated = keras.layers.Dense(1, activation="sigmoid", name="score")
    entrance = keras.Input(batch_shape=(1, WINDOW_FRAMES, N_MELS, 1))
    hidden = keras.Model(model.inputs, last.input)(entrance)
    shipped = keras.Model(entrance, calibrated(hidden))
    calibrated.set_weights([kernel * scale, bias * scale + shift])
    return bytes(tf.lite.TFLiteConverter.from_keras_model(shipped).convert())


class Interpreter:
    """A .tflite model as the daemon runs it: one window at a time on one thread."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter as LiteRt

        self._litert = LiteRt(model_content=content, num_threads=1)
        self._litert.allocate_tensors()
        self._input = self._litert.get_input_details()[0]["index"]
        self._output = self._litert.get_output_details()[0]["index"]

    def score(self, window: np.ndarray) -> float:
        """(96, 64) of `features.model_input` -> score 0..1."""
        self._litert.set_tensor(self._input, window.reshape(1, WINDOW_FRAMES, N_MELS, 1))
        self._litert.invoke()
        return float(self._litert.get_tensor(self._output)[0, 0])


def microseconds_per_window(content: bytes, runs: int = 3000) -> float:
    """Median time of one window on one thread of this computer."""
    interpreter, rng = Interpreter(content), np.random.default_rng(0)
    window, taken_s = rng.standard_normal((WINDOW_FRAMES, N_MELS), dtype=np.float32), []
    for _ in range(runs):
        begin_s = time.perf_counter()
        interpreter.score(window)
        taken_s.append(time.perf_counter() - begin_s)
    return float(np.median(taken_s)) * 1e6


def main() -> None:
    """Describe the model, or a .tflite file that exists."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="measure this .tflite instead of an untrained model")
    options = parser.parse_args()
    if options.file:
        content = options.file.read_bytes()
    else:
        model = build()
        model.summary()
        content = to_tflite(model)
    print(f"{len(content)} bytes (at most {MOST_BYTES}), {microseconds_per_window(content):.0f} us a window")


if __name__ == "__main__":
    main()
