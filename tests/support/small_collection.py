"""A few clips of the shared recordings as a collection: cries, cats and rain."""

from pathlib import Path

from training.cloud.collection import Entry, sum_of
from training.data.manifest import CRY_LABELS, MANIFEST, Clip, load_manifest
from training.data.recordings import GATED_DATASETS


def small_collection() -> tuple[Path, list[Entry]]:
    """Folder of the recordings, and three cries and three other clips of val, one of them of a gated dataset."""
    clips = [clip for clip in load_manifest() if clip.split == "val" and 3 < clip.duration_s < 12]
    cries = [clip for clip in clips if clip.label in CRY_LABELS]
    gated = [clip for clip in cries if clip.dataset in GATED_DATASETS][:2]
    others = [next(clip for clip in clips if clip.kind == kind and clip.label == "neg") for kind in ("cat", "laughing")]
    bed = next(clip for clip in clips if clip.label == "bed")
    plain = next(clip for clip in cries if clip.dataset not in GATED_DATASETS)
    return MANIFEST.parent, [entry(clip) for clip in (*gated, plain, *others, bed)]


def entry(clip: Clip) -> Entry:
    sha256, n_bytes = sum_of(MANIFEST.parent / clip.path)
    about = (clip.label, clip.split, clip.group, clip.kind, clip.licence)
    return Entry(clip.path, sha256, n_bytes, f"training/objects/{sha256}", *about)
