"""Scoring of one recording by the Pi's detector. No I/O; one thread at a time in the classifier."""

import base64
import threading
from typing import Any, Final

import numpy as np
from recording import SCHEMA, Job, Samples, check_hops

from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.detect.scoring import Scored, Scorer, score_piece
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier

SUBSEQUENCES, SUBSEQUENCE_S, SEED_S = 5, 5.0, 9.0  # "Parenting 2.0": five of 5 s, a second apart, out of 9 s
_NEEDED: Final = 3  # positive subsequences of the five
_SAME_LENGTH_S: Final = 0.1  # most by which a recording differs from 9 s: its recorder stops a moment early or late

_lock = threading.Lock()


def answer_of(job: Job, samples: Samples, classifier: TfliteClassifier) -> dict[str, Any]:
    """Answer about a recording, as JSON for the bucket. Raises Unreadable."""
    start_s, hops = job.times()
    if hops is not None:
        check_hops(samples, hops)
    with _lock:
        windows = _windows(samples, hops, classifier)
    settings = DetectionSettings()
    positive = [scored.score >= settings.threshold for _, scored in windows]
    votes, needed = settings.vote.windows, settings.vote.needed
    most = max((sum(positive[at : at + votes]) for at in range(len(positive))), default=0)
    answer: dict[str, Any] = {
        "schema": SCHEMA,
        "segment": job.segment,
        "windows": [_told(start_s + at_s, scored) for at_s, scored in windows],
        "votes": votes,
        "positive": most,
        "cry": most >= min(needed, max(1, len(positive))),  # a clip shorter than the vote decides alone
        "model_sha256": classifier.sha256,
    }
    if abs(len(samples) / SAMPLE_RATE_HZ - SEED_S) < _SAME_LENGTH_S:
        each = [_voted(windows, float(begin_s), settings) for begin_s in range(SUBSEQUENCES)]
        answer |= {"subsequences": each, "cry": sum(each) >= _NEEDED}
    return answer


def _windows(samples: Samples, hops: int | None, classifier: TfliteClassifier) -> list[tuple[float, Scored]]:
    """End, in seconds from the first sample, and score of the last `hops` windows, or of all."""
    whole = samples[: len(samples) // HOP * HOP]
    asked = len(whole) // HOP if hops is None else hops
    first = len(whole) // HOP - asked
    scores = score_piece(classifier, whole, asked)
    windows = [(HOP_S * (first + index + 1), scored) for index, scored in enumerate(scores) if scored is not None]
    if not windows and hops is None:  # shorter than one window
        alone = Scorer(classifier).short_clip(samples)
        windows = [] if alone is None else [(len(samples) / SAMPLE_RATE_HZ, alone)]
    return windows


def _voted(windows: list[tuple[float, Scored]], begin_s: float, settings: DetectionSettings) -> bool:
    """Whether the vote passes somewhere within a subsequence."""
    inside = [scored.score for at_s, scored in windows if begin_s < at_s <= begin_s + SUBSEQUENCE_S + HOP_S / 2]
    positive = [score >= settings.threshold for score in inside]
    return any(
        sum(positive[at : at + settings.vote.windows]) >= settings.vote.needed for at in range(max(1, len(positive)))
    )


def _told(at_s: float, scored: Scored) -> dict[str, Any]:
    embedding = base64.b64encode(np.asarray(scored.embedding, "<f2").tobytes()).decode()
    return {"at_s": round(at_s, 4), "score": round(scored.score, 5), "embedding": embedding}
