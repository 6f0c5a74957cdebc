"""Inputs of a training: the shards, scenes and recordings that its machine needs, by way of the bucket.

    python -m training.cloud.inputs my-bucket --name 2026-12                 writes what is rendered here
    python -m training.cloud.inputs my-bucket --name 2026-12 --dry-run       says how much that is

It writes the shards, scenes and rooms of training/work. `training.cloud.job` brings them onto its machine, and the
recordings of an uploaded version (`training.cloud.upload`) beside them. What is there already is not sent again.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tqdm import tqdm

from training.cloud.collection import INDEX, entries_of, version_prefix
from training.cloud.storage import Bucket, CloudError, fingerprint
from training.cloud.upload import guarded
from training.data.paths import ROOMS, SCENES, SHARDS, WORK

INPUTS: Final = "training/inputs/"
Progress = Callable[[Iterable[str]], Iterable[str]]


def files_here(work: Path = WORK) -> dict[str, Path]:
    """Files of shards and scenes below the work folder, by their names in the bucket."""
    folders = (work / SHARDS.name, work / SCENES.name, work / ROOMS.name)
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(work).as_posix(): path for path in found if not path.name.startswith(".")}


def push(bucket: Bucket, name: str, files: dict[str, Path], progress: Progress) -> int:
    """Write what the bucket lacks or holds otherwise; returns how many files. Raises CloudError."""
    prefix = f"{INPUTS}{name}/"
    there = bucket.objects(prefix)
    wanted = [below for below, path in files.items() if there.get(prefix + below) != fingerprint(path)]
    for below in progress(wanted):
        bucket.put(prefix + below, files[below])
    return len(wanted)


def pull(bucket: Bucket, name: str, work: Path, progress: Progress) -> int:
    """Bring the files of `push` into a work folder; returns how many were fetched. Raises CloudError."""
    prefix = f"{INPUTS}{name}/"
    there = bucket.objects(prefix)
    if not there:
        raise CloudError(f"gs://{bucket.name}/{prefix} is empty: python -m training.cloud.inputs {bucket.name}")
    named = {each: _inside(work, each.removeprefix(prefix)) for each in there}
    wanted = [each for each, path in named.items() if not path.exists() or fingerprint(path) != there[each]]
    for each in progress(wanted):
        bucket.fetch(each, named[each])
    return len(wanted)


def pull_recordings(bucket: Bucket, version: str, audio: Path, progress: Progress) -> int:
    """Bring the recordings of an uploaded version into a folder, as the manifest names them. Raises CloudError."""
    prefix = version_prefix(version)
    index = bucket.get(f"{prefix}{INDEX}")
    objects = {_inside(audio, entry.path): entry for entry in entries_of(index, f"gs://{bucket.name}/{prefix}{INDEX}")}
    wanted = {str(path): entry for path, entry in objects.items() if not _is_there(path, entry.n_bytes)}
    for path in progress(wanted):
        bucket.fetch(wanted[path].object, Path(path))
    bucket.fetch(f"{prefix}manifest.csv", audio / "manifest.csv")  # last: with it the recordings are whole
    return len(wanted)


def _is_there(path: Path, n_bytes: int) -> bool:
    return path.exists() and path.stat().st_size == n_bytes


def _inside(folder: Path, below: str) -> Path:
    """Path below a folder; a name from the bucket may lead nowhere else. Raises CloudError."""
    path = (folder / below).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise CloudError(f"{below!r} leads out of {folder}: the bucket holds what this program did not write")
    return path


def run(options: argparse.Namespace) -> None:
    """Tell and, without --dry-run, write. Raises CloudError."""
    files = files_here()
    size_mb = sum(path.stat().st_size for path in files.values()) / 1e6
    print(f"{len(files)} files, {size_mb:.0f} MB, for gs://{options.bucket}/{INPUTS}{options.name}/")
    if not files:
        raise CloudError(f"there are no shards and no scenes in {WORK}: python -m training.synthesis.render")
    if not options.dry_run:
        sent = push(Bucket(options.bucket), options.name, files, lambda names: tqdm(names, unit="file"))
        print(f"{sent} files sent, {len(files) - sent} were there")


def main() -> None:
    """Write the inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket", help="name of the bucket, without gs://")
    parser.add_argument("--name", required=True, help="name of these inputs")
    parser.add_argument("--dry-run", action="store_true", help="say what would leave; open no connection")
    guarded(lambda: run(parser.parse_args()))


if __name__ == "__main__":
    main()
