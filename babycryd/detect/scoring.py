"""Scoring: each hop gets its score here at once, or in the cloud later; results come in order of time either way.

The classifier is a protocol; the one that runs TFLite models is in `tflite`.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Hop, Mono
from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from babycryd.detect.features import ContextStream, Frames

EMBEDDING: Final = 64  # floats
PIECE_HOPS: Final = 5  # 1.2 s: longer pieces cost fewer bytes and requests, but delay every score

# In quiet the gate stays closed; one hop is scored this often all the same, to prove that the classifier works.
IDLE_SCORE_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Scored:
    """Result of the classifier for one hop and the two seconds before it."""

    score: float  # probability of a cry, 0..1
    embedding: NDArray[np.float32]  # (EMBEDDING,) input of the model's last layer, for the verifier
    both: float | None = None  # score, 0..1, that decides, where the second opinion heard the hop in the cloud
    second: NDArray[np.float32] | None = None  # (EMBEDDING,) of the second opinion, where it heard the hop here


class Classifier(Protocol):
    """Streaming classifier: takes hop after hop and keeps the state it needs; for one thread."""

    @property
    def reference(self) -> NDArray[np.floating]:
        """Embeddings of genuine cries, (n, EMBEDDING): the cries that no feedback may reject."""
        ...

    def reset(self) -> None:
        """Forget the hops so far: the next one does not follow them."""

    def score(self, frames: Frames) -> Scored:
        """Return the score of the next hop's frames from `features.Leveller`, (HOP_FRAMES, N_MELS)."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """Piece of sound to be scored in the cloud: its last `n_hops` hops. The hops before them are only context."""

    number: int
    samples: Mono  # (n,), whole hops
    n_hops: int
    start_s: float  # stream time of the first sample
    utc_s: float  # wall clock of the first sample


@dataclass(slots=True)
class Slot:
    """Hop and its score, which may still be awaited."""

    hop: Hop
    scored: Scored | None = None  # None: the gate was closed, or too little sound came before
    waiting: bool = False  # for an answer from the cloud


def score_piece(classifier: Classifier, samples: Mono, n_hops: int) -> list[Scored | None]:
    """Return the scores of the last `n_hops` hops of `samples`, (n,) of whole hops; None where too little is before."""
    context = ContextStream()
    classifier.reset()
    hops = samples.reshape(-1, HOP)
    for hop in hops[: len(hops) - n_hops]:
        context.skip(hop)
    return [_last_score(classifier, context, hop) for hop in hops[len(hops) - n_hops :]]


class Scorer:
    """Scorer of hops, one `push` a hop; `judged` yields them in order of time once they are settled."""

    def __init__(self, classifier: Classifier) -> None:
        self.offloading = False  # whether the next hop goes into a piece for the cloud
        self.deadline_s = math.inf  # age at which a hop without an answer is scored here
        self.classified_s: float | None = None  # stream time of the last hop that was scored
        self._classifier = classifier
        self._context = ContextStream()
        self._slots: deque[Slot] = deque()
        self._collected: list[Slot] = []  # of the next piece
        self._lead_in: list[Mono] = []  # context before the next piece
        self._pending: dict[int, tuple[Piece, list[Slot]]] = {}
        self._pieces: list[Piece] = []  # for `take_pieces`
        self._numbers = count(1)

    def push(self, hop: Hop, *, listening: bool) -> None:
        """Take the next hop. Where `listening` is false it is kept as context and gets no score."""
        if hop.after_gap:
            self._close_piece()
            self._context.clear()
        self._score_overdue(hop.at_s)
        slot = Slot(hop)
        self._slots.append(slot)
        if listening and self.offloading:
            self._collect(slot)
        else:
            self._close_piece()
            if listening:
                slot.scored = self._score(hop)
            else:
                self._context.skip(hop.samples)
                self._score_idle(hop.at_s)

    def is_due(self, now_s: float) -> bool:
        """Return whether `push` calls the classifier for a hop that ends at `now_s`, or settles a piece, in quiet."""
        return bool(self._pending or self._collected) or self._idle_is_due(now_s)

    def judged(self) -> Iterator[Slot]:
        """Yield the settled hops, oldest first, up to the first that is not settled; each once."""
        while self._slots and not self._slots[0].waiting:
            yield self._slots.popleft()

    def take_pieces(self) -> list[Piece]:
        """Return the pieces completed since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def answer(self, number: int, scored: Sequence[Scored | None]) -> bool:
        """Take a piece's scores from the cloud; return False, and do nothing, where it is settled or they misfit."""
        piece, slots = self._pending.get(number, (None, []))
        if piece is None or len(scored) != len(slots):
            return False
        self._settle(number, scored)
        return True

    def score_here(self, numbers: Sequence[int] | None = None) -> None:
        """Score these pieces, or all, here, and wait no longer for their answers."""
        if numbers is None:
            self._close_piece()
            numbers = list(self._pending)
        for number in numbers:
            if number in self._pending:
                piece, _ = self._pending[number]
                self._settle(number, score_piece(self._classifier, piece.samples, piece.n_hops))
                self._context.restart()  # the classifier has lost its context

    def short_clip(self, rest: Mono) -> Scored | None:
        """Return the one score of a stream that ended before its first window; None where it did not, or was silent."""
        frames = self._context.short_clip(rest)
        if not frames:
            return None
        self._classifier.reset()
        return [self._classifier.score(hop) for hop in frames][-1]

    def _collect(self, slot: Slot) -> None:
        if not self._collected:
            self._lead_in = self._context.recent
        slot.waiting = True
        self._collected.append(slot)
        self._context.skip(slot.hop.samples)
        if len(self._collected) == PIECE_HOPS:
            self._close_piece()

    def _close_piece(self) -> None:
        if not self._collected:
            return
        slots, self._collected = self._collected, []
        samples = np.concatenate([*self._lead_in, *(slot.hop.samples for slot in slots)])
        length_s = len(samples) / SAMPLE_RATE_HZ
        last = slots[-1].hop
        piece = Piece(next(self._numbers), samples, len(slots), last.at_s - length_s, last.utc_s - length_s)
        self._pending[piece.number] = (piece, slots)
        self._pieces.append(piece)

    def _settle(self, number: int, scored: Sequence[Scored | None]) -> None:
        _, slots = self._pending.pop(number)
        for slot, one in zip(slots, scored, strict=True):
            slot.scored, slot.waiting = one, False
            self._note(one, slot.hop.at_s)

    def _score_overdue(self, now_s: float) -> None:
        if self._collected and now_s - self._collected[0].hop.at_s >= self.deadline_s:
            self._close_piece()
        overdue = [
            number for number, (_, slots) in self._pending.items() if now_s - slots[0].hop.at_s >= self.deadline_s
        ]
        if overdue:
            self.score_here(overdue)

    def _score(self, hop: Hop) -> Scored | None:
        if not self._context.running:
            self._classifier.reset()
        scored = _last_score(self._classifier, self._context, hop.samples)
        self._note(scored, hop.at_s)
        return scored

    def _idle_is_due(self, now_s: float) -> bool:
        return self.classified_s is None or now_s - self.classified_s >= IDLE_SCORE_EVERY_S

    def _score_idle(self, now_s: float) -> None:
        if not self._context.enough or not self._idle_is_due(now_s):
            return
        # The classifier is reset before the next segment, so this score changes none of its scores.
        self._note(score_piece(self._classifier, np.concatenate(self._context.recent), 1)[-1], now_s)

    def _note(self, scored: Scored | None, at_s: float) -> None:
        if scored is not None and math.isfinite(scored.score):
            self.classified_s = at_s


def _last_score(classifier: Classifier, context: ContextStream, hop: Mono) -> Scored | None:
    scored = [classifier.score(each) for each in context.push(hop)]
    return scored[-1] if context.enough else None
