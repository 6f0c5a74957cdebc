"""Warm start: the weights of a shipped file in the training model, so that its training can go on from there.

    python -m training.model.train --warm ...

The file has its batch normalisation folded into the convolutions. Here each normalisation gets the mean and the
variance of what it sees on some segments, and the scale and shift that cancel them: the model computes what the file
computes, and its normalisation is ready to train. Weights of 8 bits keep their error of half a step.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.model.network import CRY_LAYER

_WEIGHED: Final = ("CONV_2D", "FULLY_CONNECTED")
_LEAST_VARIANCE: Final = 1e-4  # of a channel that hardly ever sounds

Floats = NDArray[np.float32]


def weights_of(file: Path) -> list[tuple[Floats, Floats]]:
    """Kernel, as Keras has it, and bias of each layer of a .tflite file, from the input to the score."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    found = []
    for operation in interpreter._get_ops_details():  # noqa: SLF001  # its only list of operations
        if operation["op_name"] in _WEIGHED:
            kernel, bias = (int(index) for index in operation["inputs"][1:3])
            weights = _floats(interpreter.get_tensor(kernel), details[kernel])
            transposed = weights.T if weights.ndim == 2 else weights.transpose(1, 2, 3, 0)
            found.append((transposed, interpreter.get_tensor(bias).astype(np.float32)))
    return found


def _floats(weights: Any, detail: dict[str, Any]) -> Floats:
    """Weights of 8 bits, with a scale for each row, as numbers."""
    scales = detail["quantization_parameters"]["scales"]
    if not len(scales):
        return np.asarray(weights, np.float32)
    return np.asarray(weights * scales.reshape(-1, *[1] * (weights.ndim - 1)), np.float32)


def warm_start(model: Any, file: Path, frames: Floats) -> None:
    """Give the training model the weights of `file`; `frames` (batch, 24 t, 64, 1) are segments like those to come.

    Raises ValueError where the file has another architecture.
    """
    import keras

    layers = list(_weighed_layers(model))
    found = weights_of(file)
    shapes = [tuple(layer.kernel.shape) for layer, _ in layers]
    if shapes != [kernel.shape for kernel, _ in found]:
        raise ValueError(f"{file}: not of this architecture; its layers are {[kernel.shape for kernel, _ in found]}")
    for (layer, normalisation), (kernel, bias) in zip(layers, found, strict=True):
        if normalisation is None:
            layer.set_weights([kernel, bias])
            continue
        layer.set_weights([kernel])
        sums = np.asarray(keras.Model(model.inputs, layer.output).predict(frames, batch_size=16, verbose=0))
        axes = tuple(range(sums.ndim - 1))
        mean, variance = sums.mean(axes), np.maximum(sums.var(axes), _LEAST_VARIANCE)
        normalisation.set_weights([np.sqrt(variance + normalisation.epsilon), bias + mean, mean, variance])


def _weighed_layers(model: Any) -> Iterator[tuple[Any, Any]]:
    """Each layer with a kernel up to the cry's, and the normalisation behind it; None where it has a bias."""
    waiting = None
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("Conv2D", "Dense") and layer.use_bias:
            yield layer, None
            if layer.name == CRY_LAYER:
                return
        elif kind in ("Conv2D", "Dense"):
            waiting = layer
        elif kind == "BatchNormalization":
            yield waiting, layer
