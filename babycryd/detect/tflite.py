"""TFLite classifier; the only file of this room that does I/O, as it reads the model."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.core.silenced_stderr import stderr_silenced
from babycryd.detect.features import N_MELS
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.stirring import FussHead

MODELS: Final = Path(__file__).with_name("models")

_FRAMES = (1, HOP_FRAMES, N_MELS, 1)


class ModelError(Exception):
    """The model cannot be used: broken file, wrong shape, or no runtime."""


def interpreter_class() -> Any:
    """Return the class of the installed runtime's interpreter. Raises ModelError where none is installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError as missing:
            raise ModelError("no TFLite runtime is installed; run: pip install ai-edge-litert") from missing
    return Interpreter


class TfliteClassifier:
    """Streaming model on one thread: frames (1, 24, 64, 1) and state in; score, embedding and state out, all float32.

    The state is one flat vector, passed in and out: the network itself is a pure function.
    """

    def __init__(self, model: bytes, name: str, reference: NDArray[np.floating] | None = None) -> None:
        """`name`: of the model, for errors; `reference`: see `Classifier`. Raises ModelError."""
        self.reference = np.zeros((1, EMBEDDING)) if reference is None else reference
        self.sha256 = hashlib.sha256(model).hexdigest()
        try:
            # The model runs in a tenth of a millisecond: a second thread would only wait for the first.
            with stderr_silenced():  # the runtime writes "Created TensorFlow Lite XNNPACK delegate"
                self._interpreter = interpreter_class()(model_content=model, num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as broken:
            raise ModelError(f"{name}: not a usable TFLite model: {broken}") from broken
        # Identified by shape, as names and order depend on the converter.
        inputs = {_shape(one): one["index"] for one in self._interpreter.get_input_details()}
        outputs = {_shape(one): one["index"] for one in self._interpreter.get_output_details()}
        state = next((shape for shape in outputs if shape not in ((1, 1), (1, EMBEDDING))), ())
        if inputs.keys() != {_FRAMES, state} or outputs.keys() != {(1, 1), (1, EMBEDDING), state}:
            raise ModelError(f"{name}: inputs {[*inputs]} and outputs {[*outputs]} are not those of a cry classifier")
        self._frames, self._state_in = inputs[_FRAMES], inputs[state]
        self._score, self._embedding, self._state_out = outputs[1, 1], outputs[1, EMBEDDING], outputs[state]
        self._state = np.zeros(state, np.float32)

    def reset(self) -> None:
        """Forget the hops so far."""
        self._state = np.zeros_like(self._state)

    def score(self, frames: NDArray[np.float32]) -> Scored:
        """Return score and embedding of the next hop (HOP_FRAMES, N_MELS)."""
        self._interpreter.set_tensor(self._frames, frames.reshape(_FRAMES))
        self._interpreter.set_tensor(self._state_in, self._state)
        self._interpreter.invoke()
        self._state = self._interpreter.get_tensor(self._state_out)
        score = float(self._interpreter.get_tensor(self._score)[0, 0])
        return Scored(score, self._interpreter.get_tensor(self._embedding)[0])


def _shape(tensor: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor["shape"])


def checked(model: bytes, sha256: str, name: str) -> bytes:
    """Return the model if its checksum is the expected one. Raises ModelError."""
    found = hashlib.sha256(model).hexdigest()
    if found != sha256:
        raise ModelError(f"{name}: checksum is {found}, expected {sha256}; reinstall babycryd")
    return model


def shipped_classifier() -> TfliteClassifier:
    """Return the model inside the package, checked against its card. Raises ModelError."""
    try:
        card = json.loads((MODELS / "cry.json").read_text("utf-8"))
        model = (MODELS / "cry.tflite").read_bytes()
        reference = np.frombuffer((MODELS / "cries.f16").read_bytes(), np.float16).reshape(-1, EMBEDDING)
    except (OSError, ValueError) as broken:
        raise ModelError(f"the model shipped with babycryd cannot be read: {broken}; reinstall babycryd") from broken
    name = str(MODELS / "cry.tflite")
    return TfliteClassifier(checked(model, card["sha256"], name), name, reference)


def shipped_fuss_head() -> FussHead | None:
    """Return the head of fussing from the model's card, or None where the card has none. Raises ModelError."""
    try:
        card = json.loads((MODELS / "cry.json").read_text("utf-8"))
    except (OSError, ValueError) as broken:
        raise ModelError(f"the model's card cannot be read: {broken}; reinstall babycryd") from broken
    return fuss_head_of(card)


def fuss_head_of(card: dict[str, Any]) -> FussHead | None:
    """Return the head of fussing from this card, or None where it has none. Raises ModelError."""
    if "stirring" not in card:
        return None
    try:
        weights, likely = np.array(card["families"]["weights"]["fuss"], np.float64), float(card["stirring"]["likely"])
    except (ValueError, KeyError, TypeError) as broken:
        raise ModelError(f"the weights of fussing cannot be read: {broken!r}; reinstall babycryd") from broken
    if weights.shape != (EMBEDDING + 1,) or not np.isfinite([*weights, likely]).all():
        raise ModelError(f"the weights of fussing are not {EMBEDDING + 1} finite numbers; reinstall babycryd")
    return FussHead(weights, likely)
