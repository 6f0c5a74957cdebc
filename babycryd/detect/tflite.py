"""The TFLite classifier: the only file of this room that does I/O (it reads the model)."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import N_MELS, WINDOW_FRAMES


class ModelError(Exception):
    """The model cannot be used: broken file, wrong shape, or no runtime."""


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError as missing:
            raise ModelError("no TFLite runtime is installed; run: pip install ai-edge-litert") from missing
    return Interpreter


class TfliteClassifier:
    """A model of input (1, WINDOW_FRAMES, N_MELS[, 1]) float32 and output (1, 1) in 0..1, one thread."""

    def __init__(self, model: bytes, sha256: str, name: str) -> None:
        found = hashlib.sha256(model).hexdigest()
        if found != sha256:
            raise ModelError(f"{name}: checksum is {found}, expected {sha256}; reinstall babycryd")
        self.sha256 = found
        try:
            # Our model runs in a tenth of a millisecond: a second thread would only wait for the first.
            with _without_chatter():
                self._interpreter = _interpreter_class()(model_content=model, num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as broken:
            raise ModelError(f"{name}: not a usable TFLite model: {broken}") from broken
        self._input = self._interpreter.get_input_details()[0]
        self._output_index = self._interpreter.get_output_details()[0]["index"]
        if tuple(self._input["shape"][:3]) != (1, WINDOW_FRAMES, N_MELS):
            raise ModelError(f"{name}: input is {self._input['shape']}, expected (1, {WINDOW_FRAMES}, {N_MELS}, ...)")

    def score(self, window: NDArray[np.float32]) -> float:
        """(WINDOW_FRAMES, N_MELS) -> 0..1."""
        self._interpreter.set_tensor(self._input["index"], window.reshape(self._input["shape"]))
        self._interpreter.invoke()
        return float(self._interpreter.get_tensor(self._output_index).flat[0])


@contextmanager
def _without_chatter() -> Iterator[None]:
    """The runtime writes "Created TensorFlow Lite XNNPACK delegate" straight to stderr, and has no switch for it."""
    stderr = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # a file descriptor is wanted
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def shipped_classifier() -> TfliteClassifier:
    """The model inside the package, checked against its card. Raises ModelError."""
    models = resources.files("babycryd.detect") / "models"
    try:
        card = json.loads((models / "cry.json").read_text("utf-8"))
        model = (models / "cry.tflite").read_bytes()
    except (OSError, ValueError) as broken:
        raise ModelError(f"the model shipped with babycryd cannot be read: {broken}; reinstall babycryd") from broken
    return TfliteClassifier(model, card["sha256"], str(Path(str(models)) / "cry.tflite"))
