"""Ground truth of rendered segments: what sounds when and how loudly. Labels are computed from it when shards load."""

import json
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.data.reviews import Span

Levels = NDArray[np.float32]  # (labels,) one value a label window


@dataclass(frozen=True, slots=True)
class ClipPlacement:
    """Position and speed of a cry clip in a segment, or of a made-up cry."""

    path: str  # of the clip; "" for a made-up cry
    at: int  # sample of the segment at which the clip begins; negative before the segment
    speed: float
    spans_s: tuple[Span, ...] = ()  # of a made-up cry: where it cries, in seconds after `at`


@dataclass(frozen=True, slots=True)
class SoundPlacement:
    """Position of a sound that is not a cry in a segment."""

    kind: str  # as the pool names it, or the name of a made-up sound
    path: str  # of its clip; "" for a sound without one
    first: int  # sample of the clip with which it begins
    at: int  # sample of the segment at which it begins; negative before the segment
    length: int  # in samples of the segment
    speed: float


@dataclass(frozen=True, slots=True)
class SegmentTruth:
    """Ground truth of a rendered segment: a new review or another table of families needs no rendering."""

    cries: tuple[ClipPlacement, ...]
    sounds: tuple[SoundPlacement, ...]  # other than beds and lullabies
    cry_db: Levels  # level of all cries
    rest_db: Levels  # level of everything else
    sounds_db: Levels  # level of `sounds`
    background_db: Levels  # level of bed and lullaby
    shut: Levels  # share of the window in which a gate made the recording silent, 0..1
    gap: tuple[int, int]  # first and last + 1 sample of digital silence; (0, 0): none
    lullaby: bool  # whether one plays


LEVELS: Final = tuple(field.name for field in fields(SegmentTruth) if field.type is Levels)


def save_truths(truths: list[SegmentTruth], path: Path) -> None:
    """Write ground truths as .npz: levels as arrays, placements as one line of JSON a segment."""
    cries, sounds = (
        np.array([json.dumps([astuple(one) for one in getattr(truth, name)]) for truth in truths])
        for name in ("cries", "sounds")
    )
    levels = {name: np.stack([getattr(truth, name) for truth in truths]) for name in LEVELS}
    gap, lullaby = np.array([truth.gap for truth in truths]), np.array([truth.lullaby for truth in truths])
    arrays = {"cries": cries, "sounds": sounds, "gap": gap, "lullaby": lullaby, **levels}
    np.savez(path, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options


def _cries(text: str) -> tuple[ClipPlacement, ...]:
    rows = json.loads(text)
    return tuple(ClipPlacement(path, at, speed, tuple((s, e) for s, e in spans)) for path, at, speed, spans in rows)


def load_truths(path: Path) -> list[SegmentTruth]:
    """Read ground truths that `save_truths` wrote."""
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    return [
        SegmentTruth(
            cries=_cries(str(stored["cries"][i])),
            sounds=tuple(SoundPlacement(*one) for one in json.loads(str(stored["sounds"][i]))),
            gap=(int(stored["gap"][i][0]), int(stored["gap"][i][1])),
            lullaby=bool(stored["lullaby"][i]),
            **{name: stored[name][i] for name in LEVELS},
        )
        for i in range(len(stored["cries"]))
    ]
