"""TFLite network of the second opinion; like `tflite` it reads its model, and does no other I/O."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP_FRAMES
from babycryd.core.silenced_stderr import stderr_silenced
from babycryd.detect.scoring import EMBEDDING
from babycryd.detect.second_features import MELS
from babycryd.detect.second_opinion import NO_OPINION, WINDOW_HOPS, Opinion, SecondOpinion, Sum
from babycryd.detect.tflite import MODELS, ModelError, checked, interpreter_class

log = logging.getLogger(__name__)


class ModelFile:
    """Model file that stays open: it is read for each new interpreter, and takes no memory in between.

    Where an update of the package puts another file into its place, this one is still read.
    """

    def __init__(self, path: Path, sha256: str) -> None:
        """`sha256`: the expected checksum. Raises OSError."""
        self.sha256 = sha256
        self._path = path
        self._file = path.open("rb")

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def read(self) -> bytes:
        """Return the model. Raises ModelError where it cannot be read, or its checksum is another one."""
        try:
            self._file.seek(0)
            content = self._file.read()
        except OSError as broken:
            raise ModelError(f"{self._path} cannot be read: {broken}") from broken
        return checked(content, self.sha256, str(self._path))


class TfliteSecondNetwork:
    """mn04 on one thread: mel (1, MELS, frames, 1) in, logit and embedding out; one interpreter a window length."""

    def __init__(self, model: bytes | ModelFile, name: str, windows_hops: Sequence[int] = (WINDOW_HOPS,)) -> None:
        """`name`: of the model, for errors. `windows_hops`: lengths that are ready at once. Raises ModelError."""
        self._name = name
        self._failed = False
        self._read: Callable[[], bytes]
        if isinstance(model, ModelFile):
            self.sha256, self._read = model.sha256, model.read
        else:
            self.sha256, self._read = hashlib.sha256(model).hexdigest(), lambda: model
        content = self._read()
        self._of_frames = {hops * HOP_FRAMES: _interpreter(content, name, hops * HOP_FRAMES) for hops in windows_hops}

    def rest(self) -> None:
        """Give back the memory of the interpreters; the next `hear` builds the one that it needs."""
        self._of_frames.clear()

    def hear(self, mel: NDArray[np.float32]) -> Opinion:
        """Return the opinion on a window, (MELS, frames) of one of the lengths; NO_OPINION where it fails."""
        frames = mel.shape[1]
        try:
            if frames not in self._of_frames:
                self._of_frames[frames] = _interpreter(self._read(), self._name, frames)
            interpreter, heard, logit, embedding = self._of_frames[frames]
            interpreter.set_tensor(heard, mel[None, :, :, None])
            interpreter.invoke()
        except (ValueError, RuntimeError, MemoryError, ModelError) as failed:
            if not self._failed:
                log.warning("the second opinion fails, and the classifier decides alone: %s", failed)
            self._failed = True
            return NO_OPINION
        return Opinion(float(interpreter.get_tensor(logit)[0, 0]), interpreter.get_tensor(embedding)[0])


def _interpreter(model: bytes, name: str, frames: int) -> tuple[Any, int, int, int]:
    """Return an interpreter for windows of `frames`, and the indices of its input, its logit and its embedding."""
    try:
        with stderr_silenced():
            interpreter = interpreter_class()(model_content=model, num_threads=1)
            heard = interpreter.get_input_details()[0]["index"]
            interpreter.resize_tensor_input(heard, (1, MELS, frames, 1), strict=True)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError, MemoryError) as broken:
        raise ModelError(f"{name}: not a usable TFLite model: {broken}") from broken
    # Identified by shape, as names and order depend on the converter.
    outputs = {tuple(map(int, one["shape"])): one["index"] for one in interpreter.get_output_details()}
    if outputs.keys() != {(1, 1), (1, EMBEDDING)}:
        raise ModelError(f"{name}: outputs {[*outputs]} are not logit and embedding of a second opinion")
    return interpreter, heard, outputs[1, 1], outputs[1, EMBEDDING]


def shipped_second_opinion(cpu_s: Callable[[], float] | None = None, card: bytes | None = None) -> SecondOpinion:
    """Return the second opinion inside the package, checked against its card. Raises ModelError.

    `cpu_s`: see `SecondOpinion`. `card`: how its sum is calibrated for another classifier than the shipped one.
    """
    try:
        described = json.loads((MODELS / "second.json").read_bytes() if card is None else card)
        combined = Sum(float(described["sum"]["slope"]), float(described["sum"]["shift"]))
        path = MODELS / "second.tflite"
        model = ModelFile(path, str(described["sha256"]))
        reference = np.frombuffer((MODELS / "second_cries.f16").read_bytes(), np.float16).reshape(-1, EMBEDDING)
    except (OSError, ValueError, KeyError, TypeError) as broken:
        raise ModelError(f"the second opinion of babycryd cannot be read: {broken}; reinstall babycryd") from broken
    network = TfliteSecondNetwork(model, str(path))
    return SecondOpinion(network, combined, cpu_s, reference, network.sha256[:16])
