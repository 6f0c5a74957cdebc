"""Features or new scores of a whole collection, with Apache Beam: on this computer or in Dataflow.

    python -m training.cloud.dataflow features --output features/                       the manifest's clips, here
    python -m training.cloud.dataflow features --output features/ --copies 4      also four augmented copies each
    python -m training.cloud.dataflow rescore --output rescored/ --split val            scores of the shipped model
    python -m training.cloud.dataflow rescore --output rescored/ --model new.tflite --threshold 0.6
    python -m training.cloud.dataflow rescore --input gs://BUCKET/training/versions/VERSION/index.json \\
        --output gs://BUCKET/rescored --runner=DataflowRunner --project=P --region=R --temp_location=gs://BUCKET/tmp

Flags that it does not know go to Beam: --direct_num_workers=2 --direct_running_mode=multi_processing uses two cores.
The rows do not depend on runner or workers; their order and the shard that holds a row do. `rescored/` goes into the
warehouse with `python -m training.cloud.load TARGET --scores rescored/`. A job that was stopped leaves no shard: run it
again.
"""

import argparse
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babycryd.detect.tflite import ModelError
from training.cloud.collection import Collection, Entry, collect, entries_of
from training.cloud.storage import Bucket, CloudError
from training.cloud.upload import guarded
from training.data.manifest import MANIFEST
from training.data.paths import MODELS
from training.data.reviews import REVIEWS


def source(given: str | None) -> tuple[str, list[Entry]]:
    """Root of the clips, and the clips: of an index in a bucket, or of the manifest here. Raises CloudError."""
    if given is None:
        local: Collection = collect(MANIFEST, REVIEWS, (), "")
        return str(MANIFEST.parent), list(local.entries)
    bucket, _, name = given.removeprefix("gs://").partition("/")
    if not given.startswith("gs://") or not name:
        raise CloudError(f"{given!r}: write gs://BUCKET/training/versions/VERSION/index.json")
    return f"gs://{bucket}", entries_of(Bucket(bucket).get(name), given)


def chosen(entries: Sequence[Entry], split: str | None, most: int | None) -> list[Entry]:
    """The clips of a split that hold sound to listen to; with `most`, so many of them, evenly spread."""
    some = [entry for entry in entries if entry.label != "rir" and split in {None, entry.split}]
    return some if most is None else some[:: max(1, len(some) // most)][:most]


def job(options: argparse.Namespace, root: str) -> tuple[Any, Any]:
    """The work for each clip and the schema of its rows."""
    from training.cloud import jobs
    from training.cloud.clip_rows import Scoring

    if options.job == "features":
        return jobs.Features(root, options.copies), jobs.FEATURES
    threshold = options.threshold or json.loads((MODELS / "cry.json").read_text(encoding="utf-8"))["threshold"]
    scoring = Scoring(options.model.read_bytes(), threshold, datetime.now(UTC).date().isoformat())
    try:
        scoring.classifier()  # a broken model is told before any worker begins
    except ModelError as broken:
        raise CloudError(f"{options.model}: {broken}") from broken
    return jobs.Rescore(root, scoring), jobs.SCORES


def run(options: argparse.Namespace, flags: Sequence[str]) -> None:
    """Run the job. Raises CloudError."""
    root, entries = source(options.input)
    entries = chosen(entries, options.split, options.most)
    print(f"{options.job} of {len(entries)} clips from {root} to {options.output}", *flags)
    if options.dry_run:
        print("nothing was computed")
        return
    try:
        from training.cloud import jobs
    except ImportError as missing:
        raise CloudError(f"{missing.name} is missing: pip install -e '.[cloud-training]'") from missing
    work, schema = job(options, root)
    began_s = time.monotonic()
    try:
        jobs.run(entries, work, schema, options.output, flags, options.shards)
    except Exception as error:  # Beam raises a worker's error as various types
        raise CloudError(f"the job failed, and no shard is left: {error}") from error
    took_s = time.monotonic() - began_s
    print(f"{took_s:.1f} s, {len(entries) / took_s:.1f} clips a second")


def main() -> None:
    """Run one of the two jobs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("job", choices=("features", "rescore"))
    parser.add_argument("--output", required=True, help="folder or gs:// prefix of the Parquet shards")
    parser.add_argument("--input", help="index of an uploaded version (default: the manifest on this computer)")
    parser.add_argument("--split", choices=("train", "val", "home"), help="only these clips")
    parser.add_argument("--most", type=int, help="only so many clips, evenly spread, for a trial")
    parser.add_argument("--shards", type=int, default=4, help="number of files")
    parser.add_argument("--copies", type=int, default=0, help="features: augmented copies of each clip")
    parser.add_argument("--model", type=Path, default=MODELS / "cry.tflite", help="rescore: the model")
    parser.add_argument("--threshold", type=float, help="rescore: threshold (default: that of the shipped model)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be computed")
    options, flags = parser.parse_known_args()
    guarded(lambda: run(options, flags))


if __name__ == "__main__":
    main()
