"""Sound of the demo's night, which takes a second to make: made once in each process of the tests."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from babycryd.demo.night import DemoNight


@cache
def demo_samples() -> NDArray[np.float32]:
    """The whole night of `DemoNight()`, (80 * 16,000,), read-only."""
    samples = DemoNight().samples()
    samples.setflags(write=False)
    return samples
