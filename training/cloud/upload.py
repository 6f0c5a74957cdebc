"""Upload of the recordings to a bucket, as one version that never changes.

    python -m training.cloud.upload my-bucket --dry-run        what would leave, and what may not
    python -m training.cloud.upload my-bucket                  uploads what the bucket lacks; stop and go on at any time
    python -m training.cloud.upload my-bucket --home clips/    also the clips of a home whose owner consents

In the bucket:

    training/objects/SHA256                 clips of the manifest, named by their content
    training/homes/NAME/SHA256              clips of a home: deleted with `gcloud storage rm -r gs://BUCKET/training/homes/NAME`
    training/versions/VERSION/index.json    paths, checksums, labels and licences; written last
    training/versions/VERSION/manifest.csv, reviews.csv

The version is the checksum of the index, so the same recordings give the same version. A version whose index is missing
is not whole: run the command again. Clips stay at home whose licence forbids training or is not stated. Clips of a home
need the file cloud-consent.txt beside them (the command says its words). Google charges for storage, not for uploads.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.cloud.collection import INDEX, PREFIX, Collection, collect, version_prefix
from training.cloud.storage import Bucket, CloudError, fingerprint
from training.data.manifest import MANIFEST
from training.data.reviews import REVIEWS

Progress = Callable[[Iterable[str]], Iterable[str]]


def missing(collection: Collection, bucket: Bucket) -> list[str]:
    """Objects that the bucket lacks, or holds with another size or checksum. Raises CloudError."""
    there = bucket.objects(f"{PREFIX}/")
    return [name for name, file in collection.files.items() if there.get(name) != fingerprint(file)]


def upload(collection: Collection, bucket: Bucket, progress: Progress) -> int:
    """Upload what is missing, the index last; returns the number of clips uploaded. Raises CloudError."""
    wanted = missing(collection, bucket)
    for name in progress(wanted):
        bucket.put(name, collection.files[name])
    prefix = version_prefix(collection.version)
    for name, text in collection.texts.items():
        bucket.put(f"{prefix}{name}", text)
    bucket.put(f"{prefix}{INDEX}", collection.index)
    return len(wanted)


def summary(collection: Collection) -> str:
    """Table of what leaves and what stays at home."""
    homes = [entry for entry in collection.entries if entry.split == "home"]
    lines = [
        f"{len(collection.entries) - len(homes):6} clips of the manifest",
        f"{len(homes):6} clips of homes that consent",
        f"{sum(entry.n_bytes for entry in collection.entries) / 1e6:6.0f} MB in all",
    ]
    return "\n".join([*lines, *(f"{count:6} clips stay at home: {why}" for why, count in collection.refused.items())])


def run(options: argparse.Namespace) -> None:
    """Collect, tell and, without --dry-run, upload. Raises CloudError, ValueError."""
    collection = collect(options.manifest, options.reviews, options.home, options.bucket)
    where = f"gs://{options.bucket}/{version_prefix(collection.version)}"
    print(summary(collection))
    if options.dry_run:
        print(f"would be {where}; nothing was sent")
        return
    count = upload(collection, Bucket(options.bucket), lambda names: tqdm(names, unit="clip", desc="upload"))
    print(f"{count} clips uploaded, {len(collection.files) - count} were there; the version is\n{where}{INDEX}")


def guarded(work: Callable[[], Any]) -> None:
    """Run `work`; an error of the cloud or of a file ends the program with its text and exit code 1."""
    try:
        work()
    except (CloudError, ValueError, OSError) as error:
        sys.exit(f"{error}")


def main() -> None:
    """Upload the recordings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bucket", help="name of the bucket, without gs://")
    parser.add_argument("--home", type=Path, action="append", default=[], help="folder with clips of a home")
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help="manifest; its clips lie below its folder")
    parser.add_argument("--reviews", type=Path, default=REVIEWS, help="reviewed labels")
    parser.add_argument("--dry-run", action="store_true", help="say what would leave; open no connection")
    guarded(lambda: run(parser.parse_args()))


if __name__ == "__main__":
    main()
