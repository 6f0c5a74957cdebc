"""mn04 as a Keras model: its ONNX file, node by node, for fine-tuning and for the second opinion's TFLite file.

The batch normalisation is folded into the convolutions of the ONNX file. Keras has the channels last: (n, 128, t, 1).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.scoring import EMBEDDING
from training.data.mn04 import CRY_CLASSES
from training.data.paths import SHARED

MN04: Final = SHARED / "models" / "mn04_as.onnx"
WEIGHTS: Final = ("float", "half", "byte")
LAST_LAYER: Final = "w6"  # gives the 527 logits
CRY_LAYER: Final = "cry"  # of the device's model: two of them
DIRECTIONS_LAYER: Final = "directions"
CHANNELS: Final = 384  # of the embedding

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Directions:
    """Projection of mn04's channels on the numbers that the device keeps of a sound."""

    kernel: NDArray[np.float32]  # (CHANNELS, EMBEDDING)
    bias: NDArray[np.float32]  # (EMBEDDING,)


NO_DIRECTIONS: Final = Directions(np.zeros((CHANNELS, EMBEDDING), np.float32), np.zeros(EMBEDDING, np.float32))


def build(path: Path = MN04) -> Any:
    """Keras model with the weights of the ONNX file: mel (n, 128, t, 1) -> logits (n, 527) and embedding (n, 384)."""
    import keras
    import onnx

    graph = onnx.load(path).graph
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    mel = keras.Input((128, None, 1), name="mel")
    tensors = {"mel": mel}
    for node in graph.node:
        tensors[node.output[0]] = _OPERATIONS[node.op_type](
            node, [tensors[i] for i in node.input if i in tensors], arrays
        )
    return keras.Model(mel, [tensors["logits"], tensors["embedding"]])


def _attribute(node: Any, name: str, default: Sequence[int]) -> list[int]:
    """Integers of a node's attribute."""
    for one in node.attribute:
        if one.name == name:
            return list(one.ints) or [one.i]
    return list(default)


def _convolution(node: Any, inputs: list[Any], arrays: Arrays) -> Any:
    """Convolution or depthwise convolution, with the padding of ONNX, which is symmetric."""
    from keras import layers

    kernel, bias = arrays[node.input[1]], arrays[node.input[2]]  # (out, in a group, height, width)
    strides, (pad, *_) = _attribute(node, "strides", (1, 1)), _attribute(node, "pads", (0,))
    tensor = layers.ZeroPadding2D(pad)(inputs[0]) if pad else inputs[0]
    options = {"kernel_size": kernel.shape[2:], "strides": strides, "name": node.input[1].replace(".", "_")}
    if _attribute(node, "group", (1,))[0] > 1:
        return _weighted(layers.DepthwiseConv2D(**options), tensor, kernel.transpose(2, 3, 0, 1), bias)
    return _weighted(layers.Conv2D(len(kernel), **options), tensor, kernel.transpose(2, 3, 1, 0), bias)


def _dense(node: Any, inputs: list[Any], arrays: Arrays) -> Any:
    from keras import layers

    kernel, bias = arrays[node.input[1]], arrays[node.input[2]]  # (out, in)
    return _weighted(layers.Dense(len(kernel), name=node.input[1]), inputs[0], kernel.T, bias)


def _weighted(layer: Any, tensor: Any, *weights: NDArray[np.float32]) -> Any:
    output = layer(tensor)
    layer.set_weights(weights)
    return output


def _hard_swish(tensor: Any) -> Any:
    from keras import ops

    return tensor * ops.relu6(tensor + 3.0) * (1 / 6)


def _pooled(tensor: Any) -> Any:
    from keras import layers

    return layers.GlobalAveragePooling2D(keepdims=True)(tensor)


def _elementwise(function: Callable[..., Any]) -> Callable[[Any, list[Any], Arrays], Any]:
    return lambda _node, inputs, _arrays: function(*inputs)


def _activation(name: str) -> Callable[[Any, list[Any], Arrays], Any]:
    def activated(_node: Any, inputs: list[Any], _arrays: Arrays) -> Any:
        from keras import ops

        return getattr(ops, name)(inputs[0])

    return activated


def _flattened(tensor: Any) -> Any:
    from keras import layers

    return layers.Flatten()(tensor)


_OPERATIONS: Final[Mapping[str, Callable[[Any, list[Any], Arrays], Any]]] = {
    "Conv": _convolution,
    "Gemm": _dense,
    "HardSwish": _elementwise(_hard_swish),
    "Relu": _activation("relu"),
    "Sigmoid": _activation("sigmoid"),
    "GlobalAveragePool": _elementwise(_pooled),
    "Flatten": _elementwise(_flattened),
    "Mul": _elementwise(lambda one, other: one * other),
    "Add": _elementwise(lambda one, other: one + other),
}


def device_model(network: Any, directions: Directions = NO_DIRECTIONS) -> Any:
    """Keras model for the device: mel (1, 128, t, 1) -> logit (1, 1), embedding (1, EMBEDDING).

    The logit is that of the higher one of the two cry classes. Without `directions` the embedding is zeros.
    """
    import keras
    from keras import layers, ops

    last = network.get_layer(LAST_LAYER)
    kernel, bias = last.get_weights()
    cry = layers.Dense(len(CRY_CLASSES), name=CRY_LAYER)
    projection = layers.Dense(EMBEDDING, name=DIRECTIONS_LAYER)
    hidden = keras.Model(network.input, [last.input, network.output[1]])
    mel = keras.Input(batch_shape=(1, 128, None, 1), name="mel")
    before_last, channels = hidden(mel)
    model = keras.Model(mel, [ops.max(cry(before_last), axis=1, keepdims=True), projection(channels)])
    cry.set_weights([kernel[:, CRY_CLASSES], bias[list(CRY_CLASSES)]])
    projection.set_weights([directions.kernel, directions.bias])
    return model


def to_tflite(network: Any, weights: str = WEIGHTS[1], directions: Directions = NO_DIRECTIONS) -> bytes:
    """TFLite file of the device's model, for windows of any length, with one of WEIGHTS."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(device_model(network, directions))
    if weights != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "half":
        converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
