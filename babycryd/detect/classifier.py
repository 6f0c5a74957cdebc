"""What the pipeline asks of a classifier. The one that runs TFLite models is in `tflite`."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Classifier(Protocol):
    """Scores one window at a time; needs not be safe to call from two threads."""

    def score(self, window: NDArray[np.float32]) -> float:
        """What `features.model_input` gives, (WINDOW_FRAMES, N_MELS) -> how much it is a cry, 0..1."""
        ...
