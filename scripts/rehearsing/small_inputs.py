"""Inputs of a small training: rooms, teacher's curves, shards and scenes of the recordings that came back, sent off.

    python -m scripts.rehearsing.small_inputs BUCKET FOLDER NAME

It is called by the rehearsal, with the recordings in FOLDER/brought; the work folder is FOLDER/work.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOMS: Final = {"train": 6, "val": 4}
SEGMENTS: Final = {"train": 64, "val": 24}  # of the one shard of each side
SCENES_H: Final = 0.4


def render() -> None:
    """Render with the modules of a real training, only less of everything."""
    from training.data.paths import ROOMS as ROOMS_FOLDER
    from training.synthesis import rooms, scenes
    from training.synthesis.render import render_shard, shard_folder

    for side, count in ROOMS.items():
        rooms.COUNT[side] = count
        rooms.simulate_missing(side, ROOMS_FOLDER / side)
    for side, segments in SEGMENTS.items():
        shard_folder(side).mkdir(parents=True, exist_ok=True)
        render_shard(0, side, shard_folder(side), segments)
    scenes.write_missing("val", SCENES_H)


def main() -> None:
    """Render in an environment of its own, as the folders are read when a module is imported; then send."""
    if len(sys.argv) == 1:
        render()
        return
    bucket, folder, name = sys.argv[1:]
    brought = Path(folder) / "brought"
    models = brought / "models"  # of the teacher, which is no recording
    if not models.exists():
        models.symlink_to(Path(folder) / "shared" / "models")
    environment = {**os.environ, "BABYCRYD_SHARED": str(brought), "BABYCRYD_WORK": str(Path(folder) / "work")}
    for command in (
        ["training.data.teacher"],
        ["scripts.rehearsing.small_inputs"],
        ["training.cloud.inputs", bucket, "--name", name],
    ):
        subprocess.run([sys.executable, "-m", *command], env=environment, check=True)  # noqa: S603  # our own commands


if __name__ == "__main__":
    main()
