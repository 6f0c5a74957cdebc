"""Inputs of a training: the shards, scenes and recordings that its machine needs, by way of the bucket.

    python -m training.cloud.inputs my-bucket --bring VERSION --to cloud/    recordings to render from
    BABYCRYD_SHARED=cloud python -m training.synthesis.render                and the scenes likewise
    BABYCRYD_SHARED=cloud python -m training.cloud.inputs my-bucket --name 2026-12       writes what is rendered
    python -m training.cloud.inputs my-bucket --name 2026-12 --dry-run                   says how much that is

It writes the shards, scenes, rooms and teachers' curves of training/work. `training.cloud.job` brings them onto its
machine, and the recordings of an uploaded version (`training.cloud.upload`) beside them. What is there already is not
sent again. A shard with a clip that may not leave stays at home: render from the recordings of a version.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from tqdm import tqdm

from training.cloud.collection import INDEX, entries_of, version_prefix
from training.cloud.storage import Bucket, CloudError, fingerprint
from training.cloud.upload import guarded
from training.data.licences import permits_leaving
from training.data.manifest import load_manifest
from training.data.paths import MN04_HEARD, ROOMS, SCENES, SHARDS, TEACHER_CURVES, WORK
from training.data.truth import load_truths

INPUTS: Final = "training/inputs/"
Progress = Callable[[Iterable[str]], Iterable[str]]


def files_here(work: Path = WORK) -> dict[str, Path]:
    """Files of shards, scenes, rooms and teachers below the work folder, by their names in the bucket."""
    folders = (work / each.name for each in (SHARDS, SCENES, ROOMS, MN04_HEARD))
    found = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    found += [path for path in (work / TEACHER_CURVES.name,) if path.exists()]  # without it a shard has no labels
    return {path.relative_to(work).as_posix(): path for path in found if not path.name.startswith(".")}


def require_leaving(shards: Sequence[Path]) -> None:
    """Return where every clip in these shards may leave: the machine of a training has no others. Raises CloudError."""
    leaving = {clip.path for clip in load_manifest() if permits_leaving(clip.licence)} | {""}  # "": a made-up sound
    for shard in shards:
        truths = load_truths(shard)
        placed = [cry.path for truth in truths for cry in truth.cries]
        placed += [sound.path for truth in truths for sound in truth.sounds]
        if stays := [path for path in placed if path not in leaving]:
            remedy = "render shards and scenes from the recordings of a version (--bring)"
            raise CloudError(f"{shard}: {stays[0]} must stay at home, as its licence does not let it leave: {remedy}")


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


def _bar(names: Iterable[str]) -> Iterable[str]:
    shown: Iterable[str] = tqdm(names, unit="file")
    return shown


def run(options: argparse.Namespace) -> None:
    """Tell and, without --dry-run, write. Raises CloudError."""
    if options.bring:
        count = pull_recordings(Bucket(options.bucket), options.bring, options.to / "audio", _bar)
        print(f"{count} recordings fetched; render with BABYCRYD_SHARED={options.to}")
        return
    files = files_here()
    size_mb = sum(path.stat().st_size for path in files.values()) / 1e6
    print(f"{len(files)} files, {size_mb:.0f} MB, for gs://{options.bucket}/{INPUTS}{options.name}/")
    if not files:
        raise CloudError(f"there are no shards and no scenes in {WORK}: python -m training.synthesis.render")
    if not TEACHER_CURVES.exists():
        raise CloudError(f"{TEACHER_CURVES} is missing, of which labels are made: python -m training.data.teacher")
    if not options.dry_run:
        require_leaving([path for path in files.values() if path.name.endswith(".truth.npz")])
        sent = push(Bucket(options.bucket), options.name, files, _bar)
        print(f"{sent} files sent, {len(files) - sent} were there")


def main() -> None:
    """Write the inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket", help="name of the bucket, without gs://")
    parser.add_argument("--name", help="name of these inputs")
    parser.add_argument("--bring", metavar="VERSION", help="fetch the recordings of this version in place of writing")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="folder for them")
    parser.add_argument("--dry-run", action="store_true", help="say what would leave; open no connection")
    options = parser.parse_args()
    if bool(options.bring) == bool(options.name) or bool(options.bring) != bool(options.to):
        parser.error("give --name, or --bring with --to")
    guarded(lambda: run(options))


if __name__ == "__main__":
    main()
