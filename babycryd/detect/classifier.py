"""What the pipeline asks of a classifier. The one that runs TFLite models is in `tflite`."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

EMBEDDING: Final = 64  # floats


@dataclass(frozen=True, slots=True)
class Scored:
    """What one hop, and the two seconds before it, sound like."""

    score: float  # probability of a cry, 0..1
    embedding: NDArray[np.float32]  # (EMBEDDING,) what the score was made of, for the verifier


class Classifier(Protocol):
    """Hears hop after hop and remembers what it needs; not safe to call from two threads."""

    @property
    def reference(self) -> NDArray[np.floating]:
        """Embeddings of genuine cries, (n, EMBEDDING): what no feedback may make it deaf to."""
        ...

    def reset(self) -> None:
        """The next hop does not follow the last one: forget."""

    def score(self, frames: NDArray[np.float32]) -> Scored:
        """The next hop's frames from `features.Leveller`, (HOP_FRAMES, N_MELS) -> what it sounds like."""
        ...
