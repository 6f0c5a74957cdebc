"""Rejection of false alarms: whether a vote is accepted at once, or only after it has lasted.

Two kinds of vote must last: a vote for a sound like the home's other sounds (`verifier`), and a vote below the
threshold of this room (`adaptive_threshold`). Neither can silence a baby: a vote that lasts `patience_s` is accepted.
A vote below the threshold is accepted if the sound is like this baby's own cries (`verifier`).
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from babycryd.core.setting import setting
from babycryd.detect.adaptive_threshold import AdaptiveThreshold
from babycryd.detect.episode import Vote
from babycryd.detect.scoring import EMBEDDING, Scored
from babycryd.detect.second_opinion import SUSPECTED
from babycryd.detect.verifier import HIGHEST_BIAS, Mark
from babycryd.detect.verifiers import Verifiers

_LONGEST_PAUSE_S = 1.5  # a shorter pause does not interrupt a vote


@dataclass(frozen=True, slots=True)
class RejectionSettings:
    """Settings of the rejection: how the owner's feedback and this room's own sounds count."""

    enabled: bool = setting(
        True, "Use `babycryd feedback`, and learn which sounds of this home are cries and which are not.", live=True
    )
    patience_s: float = setting(
        6.0,
        "A doubted sound that goes on voting for this long is taken for a cry.",
        unit="s",
        low=1.0,
        high=20.0,
        live=True,
    )


class Rejection:
    """Rejection of false alarms: accepts or delays the votes, one call of `accepts` a hop."""

    def __init__(
        self,
        settings: RejectionSettings,
        reference: NDArray[np.floating],
        second_reference: NDArray[np.floating] | None = None,
    ) -> None:
        """Both references: embeddings of genuine cries, (n, EMBEDDING), for `Verifiers`."""
        self.settings = settings
        self.verifiers = Verifiers(reference, second_reference)  # may be replaced by ones that have learnt
        self._adaptive = AdaptiveThreshold()
        self._recent: deque[Scored | None] = deque()
        self._since_s: float | None = None
        self._last_s = 0.0

    def learn(self, marks: Sequence[Mark]) -> None:
        """Learn from all marks of the owner; replaces what was learnt before."""
        self.verifiers.fit(marks)

    def embedding(self, threshold: float) -> NDArray[np.float32]:
        """Return the mean embedding, (EMBEDDING,), of the recent hops that reach `threshold`.

        Where none does, a second opinion has decided: then that of the suspected hops; zeros where there are none.
        """
        voters = self._embeddings(threshold) or self._embeddings(SUSPECTED)
        return np.mean(voters, axis=0, dtype=np.float32) if voters else np.zeros(EMBEDDING, np.float32)

    def second_embedding(self, threshold: float) -> NDArray[np.float32] | None:
        """Return the same of the second opinion; None where it heard none of these hops."""
        heard = [(one.score, one.second) for one in self._recent if one is not None and one.second is not None]
        voters = [second for score, second in heard if score >= threshold] or [second for _, second in heard]
        return np.mean(voters, axis=0, dtype=np.float32) if voters else None

    def _embeddings(self, lowest: float) -> list[NDArray[np.float32]]:
        return [scored.embedding for scored in self._recent if scored is not None and scored.score >= lowest]

    def accepts(self, vote: Vote, scored: Scored | None, *, threshold: float, at_s: float, crying: bool) -> bool:
        """Return whether an episode may start with this hop; none may while one runs (`crying`).

        `scored`: the hop's result, None where the gate was closed.
        """
        self._remember(scored, vote.settings.windows)
        self._adaptive.update(vote.voted, threshold, at_s, crying=crying)
        if not vote.passes(threshold):
            return not crying and self._favours(vote.voted, threshold)
        if self._since_s is None or at_s - self._last_s > _LONGEST_PAUSE_S:
            self._since_s = at_s
        self._last_s = at_s
        if crying:
            return False
        return not self._rejects(vote, threshold) or at_s - self._since_s >= self.settings.patience_s

    def _rejects(self, vote: Vote, threshold: float) -> bool:
        if not self.settings.enabled:
            return False
        embedding = self.embedding(threshold)
        asked = self._adaptive.threshold(threshold, self.verifiers.bias(embedding))
        return not vote.passes(asked) or self.verifiers.rejects(embedding, self.second_embedding(threshold))

    def _favours(self, voted: float, threshold: float) -> bool:
        """Return whether a vote below the threshold is for a sound like this baby's own cries."""
        if not self.settings.enabled or voted < self._adaptive.threshold(threshold, HIGHEST_BIAS):
            return False
        return voted >= self._adaptive.threshold(threshold, self.verifiers.bias(self.embedding(voted)))

    def _remember(self, scored: Scored | None, hops: int) -> None:
        self._recent.append(scored)
        while len(self._recent) > hops:
            self._recent.popleft()
