"""Learner: fits the verifiers to the owner's marks and to the sounds of this home, away from the detector's thread."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from babycryd.core.counting import counted
from babycryd.detect.verifier import HomeExample, Mark
from babycryd.detect.verifiers import Verifiers
from babycryd.feedback.book import BookEntry
from babycryd.feedback.home_sounds import HomeSound

log = logging.getLogger(__name__)


class Learner:
    """Learner of marks and home sounds. Every method blocks for the time of a fit, a few hundredths of a second."""

    def __init__(
        self,
        reference: NDArray[np.floating],
        use: Callable[[Verifiers], None],
        second_reference: NDArray[np.floating] | None = None,
    ) -> None:
        """Both references: embeddings of genuine cries; `use` takes the fitted verifiers, in any thread."""
        self._references = reference, second_reference
        self._use = use
        self._one_fit = threading.Lock()
        self._marks: Sequence[BookEntry] = ()
        self._sounds: Sequence[HomeSound] = ()
        self._night = 0

    def learn_marks(self, marks: Sequence[BookEntry]) -> None:
        """Learn from all marks of the owner; replaces the earlier ones."""
        with self._one_fit:
            self._marks = marks
            self._fit()
        if marks:
            log.info("learning from %s of earlier episodes", counted(len(marks), "mark"))

    def learn_sounds(self, sounds: Sequence[HomeSound], night: int) -> None:
        """Learn from all sounds of the home, which count less the older they are; replaces the earlier ones."""
        with self._one_fit:
            self._sounds, self._night = sounds, night
            self._fit()
        cries = sum(one.cry for one in sounds)
        if sounds:
            others = counted(len(sounds) - cries, "other sound")
            log.info("learning from this home: %s of long cries, %s", counted(cries, "part"), others)

    def _fit(self) -> None:
        verifiers, marks = Verifiers(*self._references), [_mark(one) for one in self._marks]
        verifiers.fit(marks, examples(self._sounds, self._night, {one.episode: bool(one.cry) for one in self._marks}))
        self._use(verifiers)


def _mark(entry: BookEntry) -> Mark:
    second = np.array(entry.second) if entry.second else None
    return Mark(np.array(entry.embedding), cry=bool(entry.cry), second=second)


def examples(sounds: Sequence[HomeSound], night: int, marks: Mapping[str, bool]) -> list[HomeExample]:
    """Return the sounds as the verifier takes them, without those that a mark of their episode contradicts."""
    return [
        HomeExample(np.array(one.embedding), f"{one.episode}/{one.number}" if one.cry else "", one.weight(night))
        for one in sounds
        if marks.get(one.episode, one.cry) == one.cry
    ]
