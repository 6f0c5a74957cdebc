"""Scoring of one recording by the Pi's detector, both stages. No I/O; one thread at a time in the networks."""

import base64
import threading
from dataclasses import replace
from typing import Any, Final

import numpy as np
from recording import SCHEMA, Job, Samples, check_hops

from babycryd.audio.block import Hop
from babycryd.audio.format import HOP, HOP_S, SAMPLE_RATE_HZ
from babycryd.detect.scoring import Scored, Scorer, score_piece
from babycryd.detect.second_opinion import VOTERS, SecondOpinion
from babycryd.detect.settings import DetectionSettings
from babycryd.detect.tflite import TfliteClassifier

SUBSEQUENCES, SUBSEQUENCE_S, SEED_S = 5, 5.0, 9.0  # "Parenting 2.0": five of 5 s, a second apart, out of 9 s
_NEEDED: Final = 3  # positive subsequences of the five
_SAME_LENGTH_S: Final = 0.1  # most by which a recording differs from 9 s: its recorder stops a moment early or late

_lock = threading.Lock()


def answer_of(job: Job, samples: Samples, classifier: TfliteClassifier, second: SecondOpinion | None) -> dict[str, Any]:
    """Answer about a recording, as JSON for the bucket; without `second` the vote decides. Raises Unreadable."""
    start_s, hops = job.times()
    if hops is not None:
        check_hops(samples, hops)
    with _lock:
        windows = _windows(samples, hops, classifier, second)
    settings = DetectionSettings()
    scores = [scored for _, scored in windows]
    answer: dict[str, Any] = {
        "schema": SCHEMA,
        "segment": job.segment,
        "windows": [_told(start_s + at_s, scored) for at_s, scored in windows],
        "votes": settings.vote.windows,
        "positive": _most_positive(scores, settings),
        "cry": _is_cry(scores, settings, min(settings.vote.needed, max(1, len(scores)))),  # a short clip decides alone
        "model_sha256": classifier.sha256,
    }
    if abs(len(samples) / SAMPLE_RATE_HZ - SEED_S) < _SAME_LENGTH_S:
        each = [_voted(windows, float(begin_s), settings) for begin_s in range(SUBSEQUENCES)]
        answer |= {"subsequences": each, "cry": sum(each) >= _NEEDED}
    return answer


def _windows(
    samples: Samples, hops: int | None, classifier: TfliteClassifier, second: SecondOpinion | None
) -> list[tuple[float, Scored]]:
    """End, in seconds from the first sample, and score of the last `hops` windows, or of all."""
    whole = samples[: len(samples) // HOP * HOP]
    asked = len(whole) // HOP if hops is None else hops
    first = len(whole) // HOP - asked
    before = min(first, VOTERS - 1)  # the second opinion looks back at so many scores
    scores = score_piece(classifier, whole, asked + before)
    if second is not None:
        scores = _heard_again(whole, scores, second)
    scores = scores[before:]
    windows = [(HOP_S * (first + index + 1), scored) for index, scored in enumerate(scores) if scored is not None]
    if not windows and hops is None:  # shorter than one window
        alone = Scorer(classifier).short_clip(samples)
        windows = [] if alone is None else [(len(samples) / SAMPLE_RATE_HZ, alone)]
    return windows


def _heard_again(whole: Samples, scores: list[Scored | None], second: SecondOpinion) -> list[Scored | None]:
    """The scores of the last hops with those of both stages, as the daemon has them."""
    second.forget()
    heard, hops = list[Scored | None](), whole.reshape(-1, HOP)
    for number, hop in enumerate(hops, start=len(scores) - len(hops)):
        second.remember(Hop(hop, float(number), 0.0, after_gap=False))
        if number >= 0:
            one = scores[number]
            both = second.judge(None if one is None else one.score, float(number))
            heard.append(None if one is None else replace(one, both=both))
    return heard


def _most_positive(scores: list[Scored], settings: DetectionSettings) -> int:
    """Most positive scores of the classifier in one vote."""
    positive, votes = [one.score >= settings.threshold for one in scores], settings.vote.windows
    return max((sum(positive[at : at + votes]) for at in range(len(positive))), default=0)


def _is_cry(scores: list[Scored], settings: DetectionSettings, needed: int) -> bool:
    """Whether both stages raise an alarm somewhere; where any hop was not heard again, whether the vote passes."""
    if scores and all(one.both is not None for one in scores):
        return any(one.both is not None and one.both >= settings.threshold for one in scores)
    return _most_positive(scores, settings) >= needed


def _voted(windows: list[tuple[float, Scored]], begin_s: float, settings: DetectionSettings) -> bool:
    """Whether an alarm is raised somewhere within a subsequence."""
    inside = [scored for at_s, scored in windows if begin_s < at_s <= begin_s + SUBSEQUENCE_S + HOP_S / 2]
    return _is_cry(inside, settings, settings.vote.needed)


def _told(at_s: float, scored: Scored) -> dict[str, Any]:
    embedding = base64.b64encode(np.asarray(scored.embedding, "<f2").tobytes()).decode()
    told = {"at_s": round(at_s, 4), "score": round(scored.score, 5), "embedding": embedding}
    return told if scored.both is None else told | {"both": round(scored.both, 5)}
