"""Soft labels of families of sounds: what else sounds in a training segment, as a student is to know it.

Sounds of clips have the scores that mn04 gives the clean clip, made-up sounds their known family, and fussing has the
reviewed spans. Where a family may sound unseen (in a bed, a lullaby, a clip of a cry) its weight is 0.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import HOP, SAMPLE_RATE_HZ
from training.data.families import families, family_scores
from training.data.labels import (
    FAINT_DB,
    GRACE,
    LABEL_HOP_FRAMES,
    LABEL_WINDOW,
    MASKED_DB,
    MIN_CRY_SHARE,
    MOST_SHUT,
    Ends,
    label_ends,
    overlap,
)
from training.data.manifest import Clip, clips_by_path
from training.data.mn04 import load_heard
from training.data.truth import ClipPlacement, SegmentTruth, SoundPlacement

Floats = NDArray[np.float32]

# Families that a student learns beside the cry, in the order of its outputs. Noise, weather, water, vehicles and
# silence are left out: they are beds.
LEARNT: Final = (
    *("fuss", "laughter", "adult_speech", "child_speech", "singing", "shout", "cat", "dog"),
    *("other_animal", "music", "alarm", "squeak", "body", "household", "impact"),
)
FUSS: Final = LEARNT.index("fuss")
OF_LULLABIES: Final = tuple(LEARNT.index(name) for name in ("music", "singing"))
# Families of the sounds that come from no clip.
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "cat_miaow": ("cat",),
    "cat_yowl": ("cat",),
    "laughter": ("laughter",),
    "squeaky_toy": ("squeak",),
    "instrument": ("music",),
    "violin": ("music",),
    "music_box": ("music",),
    "beeps": ("alarm",),
    "siren": ("alarm",),
    "tone": ("alarm",),
    "squeaks": ("squeak",),
    "knocks": ("impact",),
}
# Families that a sound may hold unheard by mn04, or besides its known one: of these there is no opinion.
DOUBTFUL: Final[Mapping[str, tuple[str, ...]]] = {
    "raised_vowel": ("adult_speech", "child_speech", "shout", "singing"),
    "babble": ("adult_speech", "child_speech", "shout", "laughter", "body"),
    "tv": ("adult_speech", "child_speech", "shout", "laughter", "music", "singing", "body", "alarm"),
    "laughter": ("adult_speech", "child_speech", "body"),
    "instrument": ("singing",),
    "music_box": ("alarm",),
    "squeaks": ("alarm", "other_animal"),
    "knocks": ("household",),
    "cat": ("cat",),
    "dog": ("dog",),
    "laugh": ("laughter", "child_speech"),
    "laughing": ("laughter",),
    "door_wood_creaks": ("squeak",),
    "game_mob": ("other_animal", "shout", "body"),
    "ringtone": ("alarm", "music"),
    "clock_alarm": ("alarm",),
    **dict.fromkeys(("rooster", "hen", "sheep", "cow", "pig", "crow", "frog", "guinea_pig"), ("other_animal",)),
    **dict.fromkeys(("sneezing", "coughing", "breathing", "snoring"), ("body",)),
    **dict.fromkeys(("speech", "fsdd_digits", "debian_asterisk_speech"), ("adult_speech",)),
}
FUSS_REVIEWED: Final = frozenset({"corvin_22babies", "weebro"})  # datasets whose reviewer looked for fussing
HEARD: Final = 0.1  # score of mn04 from which a family counts as heard
ONSET: Final = LABEL_WINDOW // 4  # samples of a sound before which its label has no weight


@cache
def _rows(path: str) -> Floats:
    """(k, len(LEARNT)) scores along a clip, one row a hop; fussing is for the reviews to say."""
    names = list(families())
    scores = family_scores(load_heard(path).scores)[:, [names.index(name) for name in LEARNT]]
    scores[:, FUSS] = 0
    return scores


def _known(kind: str, names: Mapping[str, tuple[str, ...]]) -> NDArray[np.bool_]:
    return np.isin(LEARNT, names.get(kind, ()))


def _along(sound: SoundPlacement, ends: Ends) -> tuple[Floats, Floats]:
    """Targets and weights (labels, families) of a sound, as if it never began or ended."""
    if sound.path:
        rows = _rows(sound.path)
        at = np.clip((sound.first + (ends - sound.at) * sound.speed) / HOP - 1, 0, len(rows) - 1)
        low = at.astype(int)
        share = (at - low)[:, None].astype(np.float32)
        target = rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share
        denied = _known(sound.kind, DOUBTFUL) & (target < HEARD)
        return target, np.where(denied, 0, 1).astype(np.float32)
    shape = (len(ends), len(LEARNT))
    target = np.broadcast_to(_known(sound.kind, KNOWN), shape).astype(np.float32)
    return target, np.broadcast_to(~_known(sound.kind, DOUBTFUL), shape).astype(np.float32)


def of_sound(sound: SoundPlacement, ends: Ends) -> tuple[Floats, Floats]:
    """Targets and weights (labels, families) of one sound; no weight where it begins and soon after it ends."""
    target, weight = _along(sound, ends)
    since, left = ends - sound.at, sound.at + sound.length - ends
    silent = (since <= 0) | (left <= -GRACE)
    edge = ~silent & ((since < ONSET) | (left < -ONSET))
    target[silent], weight[silent] = 0, 1
    weight[edge[:, None] & (target >= HEARD)] = 0
    target[edge] = 0
    return target, weight


def _fuss(placed: ClipPlacement, clip: Clip, ends: Ends) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Target and weight (labels,) of fussing in one clip of a cry.

    A crying baby does not fuss. Elsewhere in the clip there is no opinion unless the reviewer looked for fussing.
    """
    rate_hz = SAMPLE_RATE_HZ / placed.speed
    inside = (ends > placed.at) & (ends - GRACE < placed.at + clip.duration_s * rate_hz)
    if clip.review is None or clip.review.verdict == "unsure":
        return np.zeros(len(ends)), np.where(inside, 0.0, 1.0)
    cry, fuss = (
        tuple((placed.at + begin * rate_hz, placed.at + end * rate_hz) for begin, end in spans_s)
        for spans_s in (clip.review.spans_s, clip.review.fuss_s)
    )
    enough = MIN_CRY_SHARE * LABEL_WINDOW
    cries, fusses = (overlap(ends - LABEL_WINDOW, ends, spans) >= enough for spans in (cry, fuss))
    doubtful = overlap(ends - GRACE, ends, fuss) > 0 if clip.dataset in FUSS_REVIEWED else inside
    target = np.where(fusses & ~cries, 1.0, 0.0)
    return target, np.where((target > 0) | cries | ~doubtful, 1.0, 0.0)


def of_cry(placed: ClipPlacement, ends: Ends) -> tuple[Floats, Floats]:
    """Targets and weights (labels, families) of a cry: fussing, and no opinion on what mn04 hears besides."""
    target, weight = np.zeros((len(ends), len(LEARNT)), np.float32), np.ones((len(ends), len(LEARNT)), np.float32)
    if not placed.path:
        return target, weight
    clip = clips_by_path()[placed.path]
    length = int(clip.duration_s * SAMPLE_RATE_HZ / placed.speed)
    besides = SoundPlacement("", placed.path, 0, placed.at, length, placed.speed)
    weight[of_sound(besides, ends)[0] >= HEARD] = 0
    target[:, FUSS], weight[:, FUSS] = _fuss(placed, clip, ends)
    return target, weight


def _audible(target: Floats, weight: Floats, level_db: Floats, rest_db: Floats) -> None:
    """Lower in place the weight of what is heard faintly, and take it away where it is masked."""
    snr_db, heard = (level_db - rest_db)[:, None], target >= HEARD
    weight[heard & (snr_db < FAINT_DB)] *= np.float32(0.3)
    weight[heard & (snr_db < MASKED_DB)] = 0


def of_segment(truth: SegmentTruth) -> Floats:
    """(labels, len(LEARNT), 2) target and weight, both 0..1, of every family in a rendered segment."""
    ends = label_ends(len(truth.cry_db) * LABEL_HOP_FRAMES)
    target, weight = np.zeros((len(ends), len(LEARNT)), np.float32), np.ones((len(ends), len(LEARNT)), np.float32)
    against_sounds = np.maximum(truth.background_db, truth.cry_db)
    parts = [(of_sound(one, ends), truth.sounds_db, against_sounds) for one in truth.sounds]
    parts += [(of_cry(one, ends), truth.cry_db, truth.rest_db) for one in truth.cries]
    for (heard, certain), level_db, rest_db in parts:
        _audible(heard, certain, level_db, rest_db)
        target, weight = np.maximum(target, heard), np.minimum(weight, certain)
    if truth.lullaby:
        for family in OF_LULLABIES:
            weight[target[:, family] < HEARD, family] = 0
    silent = (ends - LABEL_WINDOW < truth.gap[1]) & (ends > truth.gap[0]) | (truth.shut > MOST_SHUT)
    weight[silent[:, None] & (target > 0)] = 0
    return np.stack([target, weight], axis=2)
