"""Fussing recordings: half a minute in one room in which a baby whimpers, with its ground truth.

The whimpers are the reviewed spans of fussing of one baby (`training.data.reviews`), in random order with short pauses.
Val scenes (`training.synthesis.scenes`) hold none: their cries are cut to the spans of crying.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from babycryd.audio.format import SAMPLE_RATE_HZ
from training.data.manifest import Clip, by_group, load_manifest
from training.data.recordings import Samples, load_audio
from training.data.reviews import Span
from training.synthesis import augment
from training.synthesis.pool import load_pool
from training.synthesis.rooms import load_rooms

LENGTH_S: Final = 30.0
LATEST_S: Final = 12.0  # latest beginning; the room's background is heard for 8 s before the earliest
PAUSE_S: Final = (0.1, 1.0)  # between two whimpers
LOWEST_SNR_DB, HIGHEST_SNR_DB = 0.0, 25.0


@dataclass(frozen=True, slots=True)
class FussingRecording:
    """Recording of one baby that whimpers for 4 to 15 s."""

    samples: Samples
    spans_s: tuple[Span, ...]  # of its whimpers, ascending
    snr_db: float  # against the bed
    group: str  # the baby


def fussing_babies(split: str) -> dict[str, list[Clip]]:
    """Clips with reviewed fussing of one side of the manifest's split, by baby."""
    clips = (clip for clip in load_manifest() if clip.split == split and clip.review is not None)
    return by_group(clip for clip in clips if clip.review is not None and clip.review.fuss_s)


def _whimpers(clips: Sequence[Clip]) -> list[Samples]:
    return [
        load_audio(clip.path)[int(begin_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)]
        for clip in clips
        if clip.review is not None
        for begin_s, end_s in clip.review.fuss_s
    ]


def make_recording(rng: np.random.Generator, clips: Sequence[Clip], side: str) -> FussingRecording:
    """One recording of the baby of `clips`, in a room, over a bed and through a microphone of a side of the split."""
    rooms, whimpers, n = load_rooms(side), _whimpers(clips), int(LENGTH_S * SAMPLE_RATE_HZ)
    bed, track = augment.at_peak(load_pool(side).bed(rng, n)[1], 0), np.zeros(n, np.float32)
    at_s, spans = rng.uniform(8, LATEST_S), list[Span]()
    end_s, snr_db = at_s + rng.uniform(4, 15), rng.uniform(LOWEST_SNR_DB, HIGHEST_SNR_DB)
    while at_s < end_s:
        one = whimpers[rng.integers(len(whimpers))]
        augment.place(track, augment.faded(augment.at_peak(one, rng.uniform(-6, 0))), int(at_s * SAMPLE_RATE_HZ))
        spans.append((at_s, at_s + len(one) / SAMPLE_RATE_HZ))
        at_s = spans[-1][1] + rng.uniform(*PAUSE_S)
    wet = augment.reverberate(track, rooms[rng.integers(len(rooms))])
    recorded = augment.Microphone.draw(rng).record(bed + augment.at_snr(wet, bed, snr_db))
    return FussingRecording(recorded, tuple(spans), snr_db, clips[0].group)
