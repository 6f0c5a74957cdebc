"""Labels of a moment: is a baby crying in what was just heard, and how sure are we of it.

A label stands at the end of every half hop (0.12 s) and speaks of the LABEL_WINDOW before it. Where somebody
has looked at the clip (`training.data.review_sheets`), its spans decide; elsewhere the teacher's curve does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.detect.features import FRAME_HOP, HOP_FRAMES, SAMPLE_RATE_HZ, WINDOW_SAMPLES
from training.data.levels import db, window_power
from training.data.manifest import CRY_LABELS, Clip
from training.data.recordings import Samples
from training.data.reviews import Span
from training.data.teacher import Curve, curve_at

LABEL_HOP_FRAMES = HOP_FRAMES // 2  # labels stand every 0.12 s
LABEL_HOP = LABEL_HOP_FRAMES * FRAME_HOP

LABEL_WINDOW: Final = int(0.8 * SAMPLE_RATE_HZ)  # samples that a label speaks of
MIN_CRY_SHARE: Final = 0.4  # share of the look that is cry, from which it counts as crying
GRACE: Final = int(1.6 * SAMPLE_RATE_HZ)  # so long after a cry nobody is asked to call it silence: a breath, a room

TEACHER_THRESHOLD: Final = 0.2  # teacher score from which a human-labelled cry counts as heard
MASKED_DB: Final = -12.0  # cry against everything else, below which nobody could tell
FAINT_DB: Final = -5.0

Ends = NDArray[np.int64]  # samples at which the labelled moments end
SoftLabels = NDArray[np.float64]  # (moments, 2): target 0..1 and weight 0..1


def label_ends(n_frames: int) -> Ends:
    """Where the labels of a segment with `n_frames` frames stand, in samples; label i after (i + 1) half hops."""
    return np.arange(1, n_frames // LABEL_HOP_FRAMES + 1) * LABEL_HOP


def overlap(begin: Ends, end: Ends, spans: tuple[Span, ...]) -> NDArray[np.float64]:
    """How many samples of each interval lie within the spans (also in samples)."""
    total = np.zeros(len(begin))
    for span_begin, span_end in spans:
        total += np.clip(np.minimum(end, span_end) - np.maximum(begin, span_begin), 0, None)
    return total


def of_review(spans: tuple[Span, ...], ends: Ends) -> SoftLabels:
    """Labels by spans (in samples of the segment): cry, not cry, and no opinion at the edges."""
    cry = overlap(ends - LABEL_WINDOW, ends, spans) / LABEL_WINDOW
    recent = overlap(ends - GRACE, ends, spans) > 0
    target = np.where(cry >= MIN_CRY_SHARE, 1.0, 0.0)
    weight = np.where((cry >= MIN_CRY_SHARE) | ~recent, 1.0, 0.0)
    return np.stack([target, weight], axis=1)


def of_teacher(clip: Clip, curve: Curve, at: int, speed: float, ends: Ends) -> SoftLabels:
    """Labels by the teacher's curve: heard, 0.6 + 0.4 of its score; else no opinion within the clip."""
    score = curve_at(curve, (ends - WINDOW_SAMPLES - at) * speed)
    outside = (ends <= at) | (ends - GRACE >= at + clip.duration_s * SAMPLE_RATE_HZ / speed)
    human = clip.label in CRY_LABELS
    heard = score >= (TEACHER_THRESHOLD if human else 0.3)
    weight = np.select([heard, outside], [1.0 if human else 0.5, 1.0], 0.0)
    return np.stack([np.where(heard, 0.6 + 0.4 * score, 0.0), weight], axis=1)


def of_clip(clip: Clip, curve: Curve, at: int, speed: float, ends: Ends) -> SoftLabels:
    """Labels of the moments at `ends`, by one clip played `speed` times as fast from sample `at` on."""
    if clip.review is None or clip.review.verdict == "unsure":
        return of_teacher(clip, curve, at, speed, ends)
    rate_hz = SAMPLE_RATE_HZ / speed
    return of_review(tuple((at + begin * rate_hz, at + end * rate_hz) for begin, end in clip.review.spans_s), ends)


def merged(labels: list[SoftLabels], n_moments: int) -> SoftLabels:
    """Several clips in one segment: a cry in any is a cry, and doubt about any is doubt."""
    if not labels:
        return np.tile([0.0, 1.0], (n_moments, 1))
    stacked = np.stack(labels)
    target, weight = stacked[:, :, 0].max(axis=0), stacked[:, :, 1]
    loudest = np.take_along_axis(weight, stacked[:, :, 0].argmax(axis=0)[None], axis=0)[0]
    return np.stack([target, np.where(target > 0, loudest, weight.min(axis=0))], axis=1)


def loudness_db(samples: Samples, ends: Ends) -> NDArray[np.float64]:
    """Level of what each label speaks of."""
    return db(window_power(samples, ends - LABEL_WINDOW, LABEL_WINDOW))


def as_audible(soft: SoftLabels, cry_db: NDArray[np.floating], rest_db: NDArray[np.floating]) -> SoftLabels:
    """Labels after the room: what is masked carries no weight, nor does the reverberation after a cry."""
    target, weight = soft[:, 0], soft[:, 1].copy()
    positive, snr_db = target > 0, cry_db - rest_db
    weight[positive & (snr_db < FAINT_DB)] *= 0.3
    weight[positive & (snr_db < MASKED_DB)] = 0
    weight[~positive & (snr_db > FAINT_DB) & (cry_db > -90)] = 0
    return np.stack([target, weight], axis=1)


@dataclass(frozen=True, slots=True)
class ClipPlacement:
    """A cry clip in a segment."""

    path: str
    at: int  # sample of the segment at which it begins; may lie before it
    speed: float


@dataclass(frozen=True, slots=True)
class SegmentTruth:
    """What a rendered segment was made of; its labels follow, also when somebody looks at a clip later on."""

    cries: tuple[ClipPlacement, ...]
    cry_db: NDArray[np.float32]  # (moments,) level of all cries
    rest_db: NDArray[np.float32]  # (moments,) level of everything else
    gap: tuple[int, int]  # samples of digital silence; (0, 0): none


def of_segment(truth: SegmentTruth, clips: Mapping[str, Clip], curves: Mapping[str, Curve]) -> SoftLabels:
    """The labels of a rendered segment. A hole in a cry takes its vote, a hole in anything else changes nothing."""
    ends = label_ends(len(truth.cry_db) * LABEL_HOP_FRAMES)
    of = [of_clip(clips[one.path], curves[one.path], one.at, one.speed, ends) for one in truth.cries]
    soft = as_audible(merged(of, len(ends)), truth.cry_db, truth.rest_db)
    soft[(ends - LABEL_WINDOW < truth.gap[1]) & (ends > truth.gap[0]) & (soft[:, 0] > 0), 1] = 0
    return soft
