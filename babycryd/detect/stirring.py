"""Stirring: the baby is likely to fuss (whimpers, short quiet calls), and no episode of crying runs.

Fussing is linear in the classifier's embedding. The weights and the threshold stand in the model's card, `cry.json`.
Measured figures: docs/decisions/0016-sooner.md.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.core.stirring_events import StirringEnded, StirringStarted
from babycryd.detect.scoring import Scored

VOTERS: Final = 9  # hops: 2.16 s
NEEDED: Final = 5  # of them must be likely: whimpers are short, with pauses between them
HYSTERESIS: Final = 1.0  # logit by which less is enough to prolong it
QUIET_S: Final = 10.0  # of no likely fussing, which ends it


@dataclass(frozen=True, slots=True)
class FussHead:
    """Linear head of fussing: reads it out of the classifier's embedding."""

    weights: NDArray[np.floating]  # (EMBEDDING + 1,), the last one is the intercept
    likely: float  # logit from which a hop is likely to hold fussing

    def logit(self, embedding: NDArray[np.floating]) -> float:
        """Return the logit of fussing for an embedding, (EMBEDDING,)."""
        return float(embedding @ self.weights[:-1] + self.weights[-1])


class StirringTracker:
    """Tracker of stirring: follows the fussing, one `update` a hop."""

    def __init__(self, head: FussHead) -> None:
        self._head = head
        self._margins: deque[float] = deque(maxlen=VOTERS)  # logits over `likely`
        self._since_s: float | None = None  # of stirring; None: it does not stir
        self._last_s = 0.0  # of likely fussing

    def update(self, scored: Scored | None, at_s: float, *, allowed: bool) -> StirringStarted | StirringEnded | None:
        """Return the start or the end of stirring with the hop that ends at `at_s`; None for no change.

        `scored`: the hop's result, None where the gate was closed. `allowed`: false ends it, as a cry does.
        """
        margin = -np.inf if scored is None else self._head.logit(scored.embedding) - self._head.likely
        self._margins.append(margin)
        if not allowed:
            return self.end(at_s)
        if self._since_s is None:
            return self._start(at_s) if self._passes(0.0) else None
        if self._passes(-HYSTERESIS):
            self._last_s = at_s
        return self.end(at_s) if at_s - self._last_s >= QUIET_S else None

    def end(self, at_s: float) -> StirringEnded | None:
        """End the stirring, if there is any."""
        if self._since_s is None:
            return None
        since_s, self._since_s = self._since_s, None
        return StirringEnded(at_s, round(at_s - since_s, 2))

    def clear(self) -> None:
        """Forget the hops so far: the next one does not follow them."""
        self._margins.clear()

    def _passes(self, margin: float) -> bool:
        return sum(each >= margin for each in self._margins) >= NEEDED

    def _start(self, at_s: float) -> StirringStarted:
        self._since_s = self._last_s = at_s
        return StirringStarted(at_s)
