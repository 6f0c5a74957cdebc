"""The two Beam jobs, `features` and `rescore`: clips of a collection in, Parquet shards out.

Shards are written under a temporary name and get their own when they are whole, so a killed job leaves no half shard
under a name that a reader would take.
"""

import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import pyarrow as pa
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from tqdm import tqdm

from babycryd.detect.tflite import TfliteClassifier
from training.cloud.clip_rows import Scoring, decoded, feature_rows, score_row
from training.cloud.collection import Entry
from training.cloud.schema import SCORE_SUMMARIES, Row
from training.cloud.storage import CloudError

_SHOWN_EVERY_S: Final = 0.5
_TYPES: Final = {"STRING": pa.string(), "FLOAT": pa.float64(), "INTEGER": pa.int64(), "BOOLEAN": pa.bool_()}
FEATURES: Final = pa.schema(
    [(name, pa.string()) for name in ("path", "label", "split", "kind")]
    + [("copy", pa.int64()), ("hops", pa.int64()), ("frames", pa.binary())]
)
SCORES: Final = pa.schema(
    [(field["name"], _TYPES.get(field["type"], pa.string())) for field in SCORE_SUMMARIES.fields]
    + [("track", pa.list_(pa.float64())), ("alarms_at_s", pa.list_(pa.float64()))]
)


def read(root: str, entry: Entry) -> bytes:
    """Content of a clip below a folder, or of its object in a bucket. Raises CloudError."""
    path = f"{root}/{entry.object}" if root.startswith("gs://") else f"{root}/{entry.path}"
    try:
        with FileSystems.open(path) as file:
            content: bytes = file.read()
    except OSError as error:
        raise CloudError(f"{path}: the clip cannot be read ({error}); is the version whole?") from error
    return content


class Features(beam.DoFn):  # type: ignore[misc]  # Beam has no types here
    """Features of each clip and of its augmented copies."""

    def __init__(self, root: str, copies: int) -> None:
        self._root, self._copies = root, copies

    def process(self, element: Entry) -> Iterator[Row]:
        """Rows of one clip."""
        yield from feature_rows(element, decoded(read(self._root, element), element), self._copies)


class Rescore(beam.DoFn):  # type: ignore[misc]
    """Scores and alarms of each clip; every worker has an interpreter of its own."""

    def __init__(self, root: str, scoring: Scoring) -> None:
        self._root, self._scoring = root, scoring
        self._classifier: TfliteClassifier | None = None

    def setup(self) -> None:
        """Load the model once a worker."""
        self._classifier = self._scoring.classifier()

    def process(self, element: Entry) -> Iterator[Row]:
        """Row of one clip."""
        assert self._classifier is not None
        samples = decoded(read(self._root, element), element)
        yield score_row(element, samples, self._classifier, self._scoring)


class Counted(beam.DoFn):  # type: ignore[misc]
    """Count of the clips that were begun: a metric of Beam, and on this computer the length of a file."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._clips = Metrics.counter("babycryd", "clips")

    def process(self, element: Entry) -> Iterator[Entry]:
        """Pass a clip on."""
        self._clips.inc()
        if self._file is not None:
            with Path(self._file).open("ab", buffering=0) as file:  # one byte at the end, also from several processes
                file.write(b".")
        yield element


@contextmanager
def progress(file: Path, total: int) -> Iterator[None]:
    """Show a bar of the clips that `Counted` has counted into a file."""
    over = threading.Event()

    def watch() -> None:
        with tqdm(total=total, unit="clip") as bar:
            while not over.wait(_SHOWN_EVERY_S):
                bar.update(file.stat().st_size - bar.n)
            bar.update(file.stat().st_size - bar.n)

    file.touch()
    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def run(entries: Sequence[Entry], work: beam.DoFn, schema: Any, output: str, flags: Sequence[str], shards: int) -> None:
    """Run one job to its end: on this computer, or where `flags`, those of Beam, say. Raises what a worker raises."""
    emulator = ["--no_auth"] if os.environ.get("STORAGE_EMULATOR_HOST") else []
    options = PipelineOptions([*flags, *emulator])
    runner = options.view_as(StandardOptions).runner
    local = runner in {None, "DirectRunner"}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as shown:
        counted = Path(folder) / "clips"
        if local:
            shown.enter_context(progress(counted, len(entries)))
        pipeline = beam.Pipeline(runner=FnApiRunner() if local else runner, options=options)
        clips = pipeline | beam.Create(list(entries)) | beam.Reshuffle()
        rows = clips | beam.ParDo(Counted(str(counted) if local else None)) | beam.ParDo(work)
        _ = rows | beam.io.WriteToParquet(f"{output}/part", schema, num_shards=shards, file_name_suffix=".parquet")
        pipeline.run().wait_until_finish()
