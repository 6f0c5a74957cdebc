"""Where training finds its recordings and keeps what it can compute again."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("BABYCRYD_SHARED", REPOSITORY.parent / "shared"))  # recordings, rooms, teacher

WORK = REPOSITORY / "training" / "work"  # ignored by git
ROOMS = WORK / "rooms"
TEACHER_CURVES = WORK / "teacher.npz"
SHARDS = WORK / "shards"
SCENES = WORK / "scenes"
CHECKPOINTS = WORK / "checkpoints"

HARD_NEGATIVES = REPOSITORY / "training" / "data" / "hard_negatives.csv"
MODELS = REPOSITORY / "babycryd" / "detect" / "models"  # what ships
LULLABIES = REPOSITORY / "babycryd" / "soothe" / "lullabies"
