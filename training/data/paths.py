"""Paths of the training code: the shared recordings, computed files, and the files that ship."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Recordings, impulse responses and the teacher model.
SHARED = Path(os.environ.get("BABYCRYD_SHARED", REPOSITORY.parent / "shared"))

# Everything here can be computed again; git ignores the default folder.
WORK = Path(os.environ.get("BABYCRYD_WORK", REPOSITORY / "training" / "work"))
ROOMS = WORK / "rooms"
TEACHER_CURVES = WORK / "teacher.npz"
MN04_HEARD = WORK / "mn04"
INSTRUMENTS = WORK / "instruments"
SHARDS = WORK / "shards"
SCENES = WORK / "scenes"
CHECKPOINTS = WORK / "checkpoints"

HARD_NEGATIVES = REPOSITORY / "training" / "data" / "hard_negatives.csv"
MODELS = REPOSITORY / "babycryd" / "detect" / "models"  # files that ship with the daemon
LULLABIES = REPOSITORY / "babycryd" / "soothe" / "lullabies"
