"""Training that survives the loss of its machine: checkpoints go to a bucket, and the next start goes on from there.

    python -m training.cloud.train my-bucket --run wide-1 --steps 8000

It is `training.model.train` with its options, on the shards of training/work (BABYCRYD_WORK names another folder).
After each validation the folder of the checkpoint is written as one object, training/runs/RUN/state.tar. It holds the
last checkpoint or the one before, and never half of one. Steps since that checkpoint are computed again. Weights,
optimiser and batches go on as they were; dropout does not, so the last digits are not those of an uninterrupted run.
"""

import argparse
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from training.cloud.storage import Bucket, CloudError
from training.cloud.upload import guarded
from training.model import train
from training.model.architectures import SHIPPED, TRUNKS

RUNS = "training/runs/"


@dataclass(frozen=True, slots=True)
class SavedState:
    """State of one run in a bucket."""

    bucket: Bucket
    run: str

    @property
    def name(self) -> str:
        """Name of the object."""
        return f"{RUNS}{self.run}/state.tar"

    def save(self, folder: Path) -> None:
        """Write every file of the folder as one object. Raises CloudError."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(folder, arcname=".")
        self.bucket.put(self.name, packed.getvalue())

    def restore(self, folder: Path) -> bool:
        """Bring the saved files back; False where the run is a new one. Raises CloudError."""
        if self.name not in self.bucket.objects(self.name):
            return False
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(fileobj=io.BytesIO(self.bucket.get(self.name)), mode="r:") as archive:
                _unpack(archive, folder)
        except tarfile.TarError as broken:
            remedy = "delete it to begin anew, or take another --run"
            raise CloudError(f"gs://{self.bucket.name}/{self.name} is no saved state ({broken}): {remedy}") from broken
        return True


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the plain files of an archive below a folder, and nothing else; Debian 12's Python has no filter for that.

    Raises TarError.
    """
    for member in archive:
        path = (folder / member.name).resolve()
        content = archive.extractfile(member) if member.isfile() else None
        if content is None or not path.is_relative_to(folder.resolve()):
            if member.isdir():
                continue
            raise tarfile.ExtractError(f"{member.name!r} is no plain file below the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read())


def run(state: SavedState, plan: train.Plan, options: argparse.Namespace) -> None:
    """Go on from the saved state, or begin, until `options.steps`. Raises CloudError."""
    going_on = state.restore(plan.folder)
    print(f"run {state.run}: {'goes on from its checkpoint' if going_on else 'begins'}", flush=True)
    checkpoints = train.Checkpoints(options.save_every, lambda: state.save(plan.folder))
    train.run(plan, options.steps, options.batch, options.threads, fresh=False, checkpoints=checkpoints)
    print(f"done: gs://{state.bucket.name}/{state.name}")


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket", help="name of the bucket, without gs://")
    parser.add_argument("--run", required=True, help="name of the run; the same name goes on")
    parser.add_argument("--architecture", choices=list(TRUNKS), default=SHIPPED)
    parser.add_argument("--steps", type=int, default=8_000, help="steps in all; the learning rate falls to 0 over them")
    parser.add_argument("--batch", type=int, default=32, help="segments of 9.6 s a step")
    parser.add_argument("--threads", type=int, default=2, help="processor threads")
    parser.add_argument("--save-every", type=int, default=train.VALIDATE_EVERY, help="steps between checkpoints")
    options = parser.parse_args()
    train.limit_threads(options.threads)
    state, plan = SavedState(Bucket(options.bucket), options.run), train.Plan(options.architecture)
    guarded(lambda: run(state, plan, options))


if __name__ == "__main__":
    main()
