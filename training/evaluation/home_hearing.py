"""What the daemon hears of a sound: gate, first stage and second opinion hop by hop, before vote and episodes."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.block import HopFramer
from babycryd.core.events import CryStarted
from babycryd.detect.gate import ActivityGate, GateSettings, Segmenter
from babycryd.detect.scoring import EMBEDDING, Classifier, Scored, Scorer
from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.tflite import TfliteClassifier, shipped_classifier
from babycryd.detect.verifier import Mark
from babycryd.detect.verifiers import Verifiers
from training.data.paths import MODELS
from training.data.recordings import Samples

QUIET_HOP: Final = 0.03  # embeddings of hops below this score are not kept: nothing can learn from them


def shipped_pair() -> str:
    """Name of the shipped networks and of the calibration of their sum: the beginnings of two checksums."""
    files = (MODELS / name for name in ("cry.tflite", "second.json"))  # the card holds the checksum of second.tflite
    return "-".join(hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in files)


@dataclass(frozen=True, slots=True)
class Models:
    """The classifier, and what is needed to learn from what both stages have heard."""

    classifier: TfliteClassifier
    second_reference: NDArray[np.floating]  # (n, EMBEDDING) reference cries of the second opinion

    def verifiers(self) -> Verifiers:
        """Verifiers that know nothing."""
        return Verifiers(self.classifier.reference, self.second_reference)


def shipped_models() -> Models:
    """What ships."""
    second = shipped_second_opinion()
    assert second.reference is not None
    return Models(shipped_classifier(), second.reference)


def false_mark(event: CryStarted) -> Mark:
    """The owner's mark that this episode was no cry."""
    second = np.array(event.second_embedding) if event.second_embedding else None
    return Mark(np.array(event.embedding), cry=False, second=second)


@dataclass(frozen=True, slots=True)
class HeardHops:
    """Results of the hops of one or more sounds; the last axis of `scores` and `both` are the hops."""

    scores: NDArray[np.float32]  # (..., hops) of the first stage, 0..1; NaN where the gate was closed
    both: NDArray[np.float32]  # (..., hops) score that decides; NaN where the first stage's vote does
    embeddings: NDArray[np.float32]  # (..., hops, EMBEDDING), zeros below QUIET_HOP
    seconds: NDArray[np.float32]  # (..., hops, EMBEDDING) of the second opinion, zeros where it did not hear

    def scored(self, hop: int) -> Scored | None:
        """The result of one hop of one sound, as the pipeline takes it; None where the gate was closed."""
        score, both = float(self.scores[hop]), float(self.both[hop])
        if np.isnan(score):
            return None
        second = self.seconds[hop] if np.any(self.seconds[hop]) else None
        return Scored(score, self.embeddings[hop], None if np.isnan(both) else both, second)


def hear_as_daemon(classifier: Classifier, second: SecondOpinion, samples: Samples) -> HeardHops:
    """The results of all whole hops of a sound that begins a stream.

    Where the gate has just closed, the daemon still decides by its last scores; a replay of these results does not.
    """
    gate, segmenter, scorer = ActivityGate(GateSettings()), Segmenter(GateSettings()), Scorer(classifier)
    scores, both, nothing = list[float](), list[float](), np.zeros(EMBEDDING, np.float32)
    embeddings, seconds = list[NDArray[np.float32]](), list[NDArray[np.float32]]()
    second.forget()
    for hop in HopFramer().push(samples, 0.0, 0.0):
        segmenter.update(active=gate.process(hop.samples).active, at_s=hop.at_s)
        second.remember(hop)
        scorer.push(hop, listening=segmenter.open)
        for slot in scorer.judged():
            score = slot.scored.score if slot.scored else None
            decided = second.judge(score, slot.hop.at_s)
            loud = slot.scored is not None and slot.scored.score >= QUIET_HOP
            scores.append(np.nan if score is None else score)
            both.append(np.nan if decided is None else decided)
            embeddings.append(slot.scored.embedding if loud and slot.scored else nothing)
            seconds.append(nothing if second.embedding is None else second.embedding)
    return HeardHops(*(np.array(one, np.float32) for one in (scores, both, embeddings, seconds)))


def stacked(heard: list[HeardHops]) -> HeardHops:
    """Sounds of the same length in one: their index becomes the first axis."""
    return HeardHops(
        np.stack([one.scores for one in heard]),
        np.stack([one.both for one in heard]),
        np.stack([one.embeddings for one in heard]),
        np.stack([one.seconds for one in heard]),
    )


def as_arrays(heard: HeardHops) -> dict[str, NDArray[np.floating]]:
    """Arrays for a file: embeddings only where they are not zeros, in half precision."""
    kept, asked = np.nan_to_num(heard.scores) >= QUIET_HOP, np.any(heard.seconds, axis=-1)
    return {
        "scores": heard.scores,
        "both": heard.both,
        "embeddings": heard.embeddings[kept].astype(np.float16),
        "asked": asked.astype(np.float16),
        "seconds": heard.seconds[asked].astype(np.float16),
    }


def from_arrays(arrays: dict[str, NDArray[np.floating]]) -> list[HeardHops]:
    """The sounds that `as_arrays` gave for a stack of them."""
    scores, both = (arrays[name].astype(np.float32) for name in ("scores", "both"))
    embeddings, seconds = (np.zeros((*scores.shape, EMBEDDING), np.float32) for _ in range(2))
    embeddings[np.nan_to_num(scores) >= QUIET_HOP] = arrays["embeddings"]
    seconds[arrays["asked"] > 0] = arrays["seconds"]
    return [HeardHops(*one) for one in zip(scores, both, embeddings, seconds, strict=True)]
