"""Detection pipeline, from samples to episodes; the daemon and `replay` run the same one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import Hop
from babycryd.core.events import (
    CandidateHeard,
    CryEnded,
    CryStarted,
    DetectEvent,
    EndReason,
    WindowScored,
)
from babycryd.detect.candidates import CandidateTracker
from babycryd.detect.episode import EpisodeTracker, Vote
from babycryd.detect.front_end import FrontEnd, HeardHop, HopFilter
from babycryd.detect.rejection import Rejection
from babycryd.detect.scoring import Classifier, Piece, Scored, Scorer, Slot
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.stirring import FussHead, StirringTracker
from babycryd.detect.verifier import Mark
from babycryd.detect.verifiers import Verifiers


class Pipeline:
    """Detection pipeline: synchronous; the same samples give the same events however they are cut into blocks."""

    def __init__(
        self,
        settings: DetectionSettings,
        classifier: Classifier,
        second: SecondOpinion | None = None,
        fussing: FussHead | None = None,
        hop_filter: HopFilter | None = None,
    ) -> None:
        """A new pipeline has no history and no marks; one that ran before may leave it its `second` opinion.

        `fussing`: of this classifier; without it there is no stirring.
        """
        if second is not None:
            second.forget()
        self._second = second
        self._settings = settings
        self._front_end = FrontEnd(settings.gate, hop_filter)
        self._scorer = Scorer(classifier)
        self._vote = Vote(settings.vote)
        self._episode = EpisodeTracker(settings.episode)
        second_reference = None if second is None else second.reference
        self._rejection = Rejection(settings.doubt, classifier.reference, second_reference)
        self._candidates = CandidateTracker()
        self._stirring = None if fussing is None else StirringTracker(fussing)
        self._snoozing = False

    def apply(self, settings: DetectionSettings) -> None:
        """Use other settings from the next hop on; a running episode goes on."""
        self._settings = settings
        self._front_end.apply(settings.gate)
        self._vote.settings = settings.vote
        self._episode.settings = settings.episode
        self._rejection.settings = settings.doubt

    def snooze(self, *, snoozing: bool) -> list[DetectEvent]:
        """Set snoozing: sound is still scored, no episode begins, and a running one ends."""
        self._snoozing = snoozing
        return self.finish("snoozed") if snoozing else []

    def learn(self, marks: Sequence[Mark]) -> None:
        """Use all marks of the owner from the next hop on."""
        self._rejection.learn(marks)

    def use(self, verifiers: Verifiers) -> None:
        """Use verifiers that were fitted elsewhere from the next hop on."""
        self._rejection.verifiers = verifiers

    def set_offload(self, *, enabled: bool, deadline_s: float) -> None:
        """Set whether coming hops go into `pieces`, and how long a piece may wait for its answer."""
        self._scorer.offloading, self._scorer.deadline_s = enabled, deadline_s

    @property
    def classified_s(self) -> float | None:
        """Stream time of the last window that a classifier scored, here or in the cloud; None before the first."""
        return self._scorer.classified_s

    def pieces(self) -> list[Piece]:
        """Return the pieces that are to be scored in the cloud, each once."""
        return self._scorer.take_pieces()

    def answer(self, number: int, scored: Sequence[Scored | None]) -> list[DetectEvent] | None:
        """Take a piece's scores from the cloud, one a hop; return None where they came too late or do not fit."""
        return list(self._follow()) if self._scorer.answer(number, scored) else None

    def score_here(self, number: int) -> list[DetectEvent]:
        """Score a piece here, as no answer will come."""
        self._scorer.score_here([number])
        return list(self._follow())

    def push(self, samples: NDArray[np.float32], start_s: float, utc_s: float) -> list[DetectEvent]:
        """Return the events of a block, (n,) in [-1, 1] at 16 kHz, with its stream time and wall-clock time."""
        return self.judge(self.hear(samples, start_s, utc_s))

    @property
    def hears_quickly(self) -> bool:
        """Whether `hear` takes the gate's time only, a millisecond on a slow computer."""
        return self._front_end.hears_quickly

    def hear(self, samples: NDArray[np.float32], start_s: float, utc_s: float) -> Iterator[HeardHop]:
        """Return the hops that a block completes; its parameters are those of `push`. The first half of `push`."""
        return self._front_end.hear(samples, start_s, utc_s)

    def needs_classifier(self, hops: Sequence[HeardHop]) -> bool:
        """Return whether `judge` will, or may, call the classifier for these hops."""
        return any(each.listening or self._scorer.is_due(each.hop.at_s) for each in hops)

    def judge(self, hops: Iterable[HeardHop]) -> list[DetectEvent]:
        """Return the events of hops that were heard, in order of time. The second half of `push`."""
        return [event for heard in hops for event in self._judged(heard)]

    def flush(self) -> list[DetectEvent]:
        """Return the last events of a recording; score a clip shorter than one window once."""
        self._scorer.score_here()
        events = list(self._follow())
        if scored := self._scorer.short_clip(self._front_end.rest):
            events.append(WindowScored(self._front_end.now_s, scored.score))
        return events

    def dismiss(self, episode: str) -> list[DetectEvent]:
        """End the running episode where it has this id, because the owner says that it is no cry."""
        return self.finish("dismissed") if self._episode.id == episode else []

    def finish(self, reason: EndReason, at_s: float | None = None) -> list[DetectEvent]:
        """End the running segment and episode, as no sound follows for now.

        `at_s`: the present stream time, where it is later than the last sample.
        """
        at_s = self._front_end.now_s if at_s is None else max(at_s, self._front_end.now_s)
        self._scorer.score_here()
        events: list[DetectEvent] = list(self._follow())
        if segment := self._front_end.end_segment(at_s):
            events.append(segment)
        if ended := self._episode.end(at_s, reason):
            events.append(ended)
        if self._stirring is not None:
            self._stirring.clear()
            events += [calm] if (calm := self._stirring.end(at_s)) else []
        self._vote.clear()
        if self._second is not None:
            self._second.forget()
        return events

    def _judged(self, heard: HeardHop) -> Iterator[DetectEvent]:
        yield from heard.events
        if self._second is not None:
            self._second.remember(heard.hop)
        self._scorer.push(heard.hop, listening=heard.listening)
        yield from self._follow()

    def _follow(self) -> Iterator[DetectEvent]:
        """Yield the events of the hops that are settled by now."""
        for slot in self._scorer.judged():
            yield from self.follow_hop(slot)

    def follow_hop(self, slot: Slot) -> Iterator[DetectEvent]:
        """Yield the events of the next hop, which is settled."""
        hop, scored = slot.hop, slot.scored
        if hop.after_gap:
            self._vote.clear()
        score = None if scored is None else scored.score
        decided = self._decided(scored, hop.at_s)
        if scored is not None and self._second is not None and self._second.embedding is not None:
            scored = replace(scored, second=self._second.embedding)
        if score is not None:
            yield WindowScored(hop.at_s, score if decided is None else decided)
        if self._snoozing:
            score = decided = None
        self._vote.add(score, decided)
        changes = [self._follow_episode(hop, scored), self._follow_stirring(hop, scored)]
        if isinstance(changes[0], CryEnded):  # so that no "listening" lies between crying and stirring
            changes.reverse()
        yield from (change for change in changes if change)
        if candidate := self._follow_candidate(hop.at_s):
            yield candidate

    def _decided(self, scored: Scored | None, at_s: float) -> float | None:
        """Return the score of both stages, heard in the cloud or here; None where the vote decides about the hop."""
        both = scored.both if scored is not None and self._settings.second_opinion else None
        if self._second is None:
            return both
        return self._second.judge(None if scored is None else scored.score, at_s, both)

    def _follow_episode(self, hop: Hop, scored: Scored | None) -> DetectEvent | None:
        threshold = self._settings.threshold
        accepted = self._rejection.accepts(
            self._vote, scored, threshold=threshold, at_s=hop.at_s, crying=self._episode.running
        )
        change = self._episode.update(
            self._vote,
            accepted=accepted,
            threshold=threshold,
            end_threshold=self._settings.prolonging_threshold,
            at_s=hop.at_s,
            utc_s=hop.utc_s,
        )
        if isinstance(change, CryStarted):
            reached = min(threshold, self._vote.voted)
            second = _as_tuple(self._rejection.second_embedding(reached))
            return replace(change, embedding=_as_tuple(self._rejection.embedding(reached)), second_embedding=second)
        return change

    def _follow_stirring(self, hop: Hop, scored: Scored | None) -> DetectEvent | None:
        if self._stirring is None:
            return None
        if hop.after_gap:
            self._stirring.clear()
        allowed = self._settings.stirring and not self._snoozing and not self._episode.running
        return self._stirring.update(scored, hop.at_s, allowed=allowed)

    def _follow_candidate(self, at_s: float) -> CandidateHeard | None:
        threshold, voted = self._settings.threshold, self._vote.voted
        part = self._candidates.update(voted, lambda: self._rejection.embedding(min(threshold, voted)), at_s)
        if part is None:
            return None
        return CandidateHeard(part.last_s, part.began_s, part.voted, part.voted >= threshold, _as_tuple(part.embedding))


def _as_tuple(embedding: NDArray[np.floating] | None) -> tuple[float, ...]:
    return () if embedding is None else tuple(np.round(embedding, 4).tolist())
