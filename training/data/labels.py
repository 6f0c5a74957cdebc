"""Soft labels of a training segment: whether a baby cries, and how much the label counts.

There is one label every half hop (0.12 s). It describes the LABEL_WINDOW samples before it. If the clip has been
reviewed (`training.data.review_sheets`), the reviewed spans decide; otherwise the teacher's curve does.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import FRAME_HOP, HOP_FRAMES, SAMPLE_RATE_HZ
from babycryd.detect.features import WINDOW_SAMPLES
from training.data.levels import db, window_power
from training.data.manifest import CRY_LABELS, Clip
from training.data.recordings import Samples
from training.data.reviews import Span
from training.data.teacher import Curve, curve_at
from training.data.truth import ClipPlacement, SegmentTruth

LABEL_HOP_FRAMES = HOP_FRAMES // 2  # 0.12 s from one label to the next
LABEL_HOP = LABEL_HOP_FRAMES * FRAME_HOP

LABEL_WINDOW: Final = int(0.8 * SAMPLE_RATE_HZ)  # samples that a label describes
MIN_CRY_SHARE: Final = 0.4  # of the label window: from here on the label is "cry"
GRACE: Final = int(1.6 * SAMPLE_RATE_HZ)  # samples after a cry without a label: breath and reverberation

TEACHER_THRESHOLD: Final = 0.2  # teacher score, 0..1, from which a human-labelled cry counts as heard
MASKED_DB: Final = -12.0  # level of the cry against everything else; below it the cry is inaudible
FAINT_DB: Final = -5.0  # below this level the label counts less
MOST_SHUT: Final = 0.4  # of the label window; where a gate was shut for longer, a cry has no weight

Ends = NDArray[np.int64]  # (labels,) samples of the segment at which the label windows end
SoftLabels = NDArray[np.float64]  # (labels, 2): target 0..1 and weight 0..1


def label_ends(n_frames: int) -> Ends:
    """Ends of the label windows of a segment with `n_frames` frames: label i ends after (i + 1) half hops."""
    return np.arange(1, n_frames // LABEL_HOP_FRAMES + 1) * LABEL_HOP


def overlap(begin: Ends, end: Ends, spans: tuple[Span, ...]) -> NDArray[np.float64]:
    """Number of samples of each interval that lie within the spans (also in samples)."""
    total = np.zeros(len(begin))
    for span_begin, span_end in spans:
        total += np.clip(np.minimum(end, span_end) - np.maximum(begin, span_begin), 0, None)
    return total


def of_review(spans: tuple[Span, ...], fuss: tuple[Span, ...], ends: Ends) -> SoftLabels:
    """Labels from reviewed spans of crying and of fussing (in samples of the segment).

    The weight is 0 at the edges of a cry, and where the baby fusses: a whimper is neither a cry nor none.
    """
    cry = overlap(ends - LABEL_WINDOW, ends, spans) / LABEL_WINDOW
    recent = overlap(ends - GRACE, ends, (*spans, *fuss)) > 0
    target = np.where(cry >= MIN_CRY_SHARE, 1.0, 0.0)
    weight = np.where((cry >= MIN_CRY_SHARE) | ~recent, 1.0, 0.0)
    return np.stack([target, weight], axis=1)


def of_teacher(clip: Clip, curve: Curve, at: int, speed: float, ends: Ends) -> SoftLabels:
    """Labels from the teacher's curve: 0.6 + 0.4 of its score where it hears a cry, else weight 0 within the clip."""
    score = curve_at(curve, (ends - WINDOW_SAMPLES - at) * speed)
    outside = (ends <= at) | (ends - GRACE >= at + clip.duration_s * SAMPLE_RATE_HZ / speed)
    human = clip.label in CRY_LABELS
    heard = score >= (TEACHER_THRESHOLD if human else 0.3)
    weight = np.select([heard, outside], [1.0 if human else 0.5, 1.0], 0.0)
    return np.stack([np.where(heard, 0.6 + 0.4 * score, 0.0), weight], axis=1)


def of_clip(clip: Clip, curve: Curve, at: int, speed: float, ends: Ends) -> SoftLabels:
    """Labels at `ends` from one clip that begins at sample `at` and plays `speed` times as fast."""
    if clip.review is None or clip.review.verdict == "unsure":
        return of_teacher(clip, curve, at, speed, ends)
    rate_hz = SAMPLE_RATE_HZ / speed
    cry, fuss = (
        tuple((at + begin * rate_hz, at + end * rate_hz) for begin, end in spans_s)
        for spans_s in (clip.review.spans_s, clip.review.fuss_s)
    )
    return of_review(cry, fuss, ends)


def merged(labels: list[SoftLabels], n_labels: int) -> SoftLabels:
    """Labels of a segment with several clips: a cry in one of them is a cry; otherwise the lowest weight counts."""
    if not labels:
        return np.tile([0.0, 1.0], (n_labels, 1))
    stacked = np.stack(labels)
    target, weight = stacked[:, :, 0].max(axis=0), stacked[:, :, 1]
    loudest = np.take_along_axis(weight, stacked[:, :, 0].argmax(axis=0)[None], axis=0)[0]
    return np.stack([target, np.where(target > 0, loudest, weight.min(axis=0))], axis=1)


def loudness_db(samples: Samples, ends: Ends) -> NDArray[np.float64]:
    """Level of each label window in dB, without rumble."""
    return db(window_power(samples, ends - LABEL_WINDOW, LABEL_WINDOW))


def as_audible(soft: SoftLabels, cry_db: NDArray[np.floating], rest_db: NDArray[np.floating]) -> SoftLabels:
    """Labels with lower weights where the cry is faint, and 0 where it is masked or only its reverberation sounds."""
    target, weight = soft[:, 0], soft[:, 1].copy()
    positive, snr_db = target > 0, cry_db - rest_db
    weight[positive & (snr_db < FAINT_DB)] *= 0.3
    weight[positive & (snr_db < MASKED_DB)] = 0
    weight[~positive & (snr_db > FAINT_DB) & (cry_db > -90)] = 0
    return np.stack([target, weight], axis=1)


def of_made_up(placed: ClipPlacement, ends: Ends) -> SoftLabels:
    """Labels of a made-up cry, whose spans are known."""
    rate_hz = SAMPLE_RATE_HZ / placed.speed
    spans = tuple((placed.at + on * rate_hz, placed.at + off * rate_hz) for on, off in placed.spans_s)
    return of_review(spans, (), ends)


def of_segment(truth: SegmentTruth, clips: Mapping[str, Clip], curves: Mapping[str, Curve]) -> SoftLabels:
    """Labels of a rendered segment. Digital silence within a cry, of a gap or a gate, sets the weight to 0."""
    ends = label_ends(len(truth.cry_db) * LABEL_HOP_FRAMES)
    of = [
        of_clip(clips[one.path], curves[one.path], one.at, one.speed, ends) if one.path else of_made_up(one, ends)
        for one in truth.cries
    ]
    soft = as_audible(merged(of, len(ends)), truth.cry_db, truth.rest_db)
    silent = (ends - LABEL_WINDOW < truth.gap[1]) & (ends > truth.gap[0]) | (truth.shut > MOST_SHUT)
    soft[silent & (soft[:, 0] > 0), 1] = 0
    return soft
