"""Weights of a second opinion's TFLite file in mn04 as Keras has it, so that it can be converted again.

The file keeps two of the 527 outputs, in half precision: the others are those of mn04 as it is.
"""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.data.mn04 import CRY_CLASSES
from training.model.mn04_network import CRY_LAYER, DIRECTIONS_LAYER, LAST_LAYER, build

_LAYER: Final = re.compile(r"(\w+)_1/(?:convolution|depthwise|MatMul|BiasAdd)")  # of the name of a tensor

Floats = NDArray[np.float32]


def weights_of(file: Path) -> dict[str, list[Floats]]:
    """Kernel, as Keras has it, and bias of each layer of a file in half precision, by the layer's name."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file))
    interpreter.allocate_tensors()
    found: dict[str, dict[bool, Floats]] = {}
    for detail in interpreter.get_tensor_details():
        named = _LAYER.search(detail["name"])
        if detail["dtype"] is np.float16 and named:
            array = interpreter.get_tensor(detail["index"]).astype(np.float32)
            found.setdefault(named[1], {})[array.ndim == 1] = _as_keras(array)
    return {name: [of[False], of[True]] for name, of in found.items()}


def _as_keras(array: Floats) -> Floats:
    """TFLite has the outputs of a kernel first; a depthwise one has a single output there."""
    if array.ndim == 4:
        return array.transpose(1, 2, 3, 0)
    return array.T


def restored(file: Path) -> Any:
    """mn04 in Keras with the weights of a file. Raises ValueError where the file has another architecture."""
    network, weights = build(), weights_of(file)
    weights.pop(DIRECTIONS_LAYER, None)
    layers = {layer.name: layer for layer in network.layers if layer.weights}
    if weights.keys() - {CRY_LAYER} != layers.keys() - {LAST_LAYER} or CRY_LAYER not in weights:
        raise ValueError(f"{file}: not an mn04 in half precision; its layers are {sorted(weights)}")
    kernel, bias = layers[LAST_LAYER].get_weights()
    kernel[:, CRY_CLASSES], bias[list(CRY_CLASSES)] = weights.pop(CRY_LAYER)
    for name, own in {**weights, LAST_LAYER: [kernel, bias]}.items():
        layers[name].set_weights(own)
    return network
