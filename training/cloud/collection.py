"""Collection: the clips that may leave for a bucket, and its index, which gives the version its name."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from training.cloud.consent import consented_home
from training.cloud.storage import CloudError
from training.data.licences import FORBIDDING, permits_leaving
from training.data.manifest import Clip, load_manifest

PREFIX: Final = "training"
OBJECTS: Final = f"{PREFIX}/objects/"  # of the manifest's clips; those of a home are below HOMES/<name>/
HOMES: Final = f"{PREFIX}/homes/"
INDEX: Final = "index.json"
_UNSTATED: Final = "no licence is stated, so nothing permits a copy elsewhere"


@dataclass(frozen=True, slots=True)
class Entry:
    """One clip of a collection."""

    path: str  # below shared/audio, or `homes/<name>/<clip>`; unique
    sha256: str
    n_bytes: int
    object: str  # name in the bucket, which ends with the checksum
    label: str  # as in the manifest; `unlabelled` for a clip of a home
    split: str  # as in the manifest; `home` for a clip of a home
    group: str
    kind: str
    licence: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Clips with their files, the refused ones, and the texts that go beside the index."""

    entries: tuple[Entry, ...]  # ordered by path
    files: dict[str, Path]  # by object name
    refused: dict[str, int]  # clips by the reason
    texts: dict[str, bytes]  # manifest.csv and reviews.csv

    @property
    def index(self) -> bytes:
        """Index of the version: the same bytes for the same content."""
        sums = {name: hashlib.sha256(text).hexdigest() for name, text in self.texts.items()}
        content = {"schema": 1, "texts": sums, "clips": [asdict(entry) for entry in self.entries]}
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()

    @property
    def version(self) -> str:
        """Name of the version: the beginning of its index's checksum."""
        return hashlib.sha256(self.index).hexdigest()[:16]


def version_prefix(version: str) -> str:
    """Prefix of the index and the texts of a version."""
    return f"{PREFIX}/versions/{version}/"


def entries_of(index: bytes, where: str) -> list[Entry]:
    """Entries of an index. Raises CloudError that names `where`."""
    try:
        return [Entry(**one) for one in json.loads(index)["clips"]]
    except (ValueError, TypeError, KeyError) as broken:
        raise CloudError(f"{where} is no index of a collection ({broken}): upload the collection again") from broken


def collect(manifest: Path, reviews: Path, homes: Sequence[Path], bucket: str) -> Collection:
    """Collection of the manifest's clips and of the homes that consent. Reads every file for its checksum.

    Raises CloudError for a missing clip or consent, ValueError for a faulty manifest.
    """
    clips, refused = _permitted(manifest)
    found = [(_entry(clip, manifest.parent), manifest.parent / clip.path) for clip in clips]
    for home in homes:
        found += _of_home(home, consented_home(home, bucket))
    ordered = sorted(found, key=lambda one: one[0].path)
    texts = {"manifest.csv": _rows(manifest, {clip.path for clip in clips}), "reviews.csv": reviews.read_bytes()}
    files = {entry.object: file for entry, file in ordered}
    return Collection(tuple(entry for entry, _ in ordered), files, refused, texts)


def _permitted(manifest: Path) -> tuple[list[Clip], dict[str, int]]:
    """Clips that may leave, and how many may not, by the reason."""
    trainable = load_manifest(manifest)
    with manifest.open(newline="", encoding="utf-8") as file:
        refused = Counter(FORBIDDING[row["licence"]] for row in csv.DictReader(file) if row["licence"] in FORBIDDING)
    refused[_UNSTATED] = sum(not permits_leaving(clip.licence) for clip in trainable)
    return [clip for clip in trainable if permits_leaving(clip.licence)], {why: n for why, n in refused.items() if n}


def _entry(clip: Clip, audio: Path) -> Entry:
    sha256, n_bytes = sum_of(audio / clip.path)
    about = (clip.label, clip.split, clip.group, clip.kind, clip.licence)
    return Entry(clip.path, sha256, n_bytes, f"{OBJECTS}{sha256}", *about)


def _of_home(folder: Path, name: str) -> Iterable[tuple[Entry, Path]]:
    for file in sorted(folder.glob("*.flac")):
        sha256, n_bytes = sum_of(file)
        about = ("unlabelled", "home", name, "home", "consent of the home's owner")
        yield Entry(f"homes/{name}/{file.name}", sha256, n_bytes, f"{HOMES}{name}/{sha256}", *about), file


def sum_of(file: Path) -> tuple[str, int]:
    """SHA-256 and size of a clip. Raises CloudError where it is missing."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CloudError(f"{file}: {error.strerror}; the manifest names this clip") from error
    return hashlib.sha256(content).hexdigest(), len(content)


def _rows(manifest: Path, paths: set[str]) -> bytes:
    """The manifest with only the rows of these paths."""
    with manifest.open(newline="", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["path"])
    writer.writeheader()
    writer.writerows(row for row in rows if row["path"] in paths)
    return text.getvalue().encode()
