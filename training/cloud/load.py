"""Load of exports, scores and trained models into BigQuery, or into a DuckDB file at home.

    babycryd history export --format parquet --out cries.parquet            on the device, or --format json
    python -m training.cloud.load home.duckdb --episodes cries.parquet --device nursery --key-file owner.key
    python -m training.cloud.load PROJECT.DATASET --episodes cries.parquet --device nursery --key-file owner.key
    python -m training.cloud.load PROJECT.DATASET --scores rescored/ --cards babycryd/detect/models/cry.json
    python -m training.cloud.load PROJECT.DATASET --delete-device nursery --key-file owner.key
    python -m training.cloud.load PROJECT.DATASET --delete-home blue-house        scores of a home's clips, by its name

Loading the same file again replaces its rows. Nights are those of this computer's time zone.
No sound is loaded. Ids of devices and episodes become keyed hashes.
The key file (16 bytes or more: `head -c 32 /dev/urandom > owner.key`) stays with you. Without it no row of a home can
be found again, also not for deletion. `python -m training.cloud.ask` asks the questions.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.cloud.rows import Pseudonyms, episode_row, episode_summary, home_hash, training_run
from training.cloud.schema import EPISODES, SCORE_SUMMARIES, TRAINING_RUNS, Row, Table
from training.cloud.storage import CloudError
from training.cloud.upload import guarded
from training.cloud.warehouse import BigQueryWarehouse, DuckDbWarehouse, Warehouse, delete_device, replace

_LEAST_KEY_BYTES = 16


def opened(target: str) -> Warehouse:
    """Warehouse by its name: PROJECT.DATASET, or a file that ends with .duckdb. Raises CloudError."""
    return DuckDbWarehouse(Path(target)) if target.endswith(".duckdb") else BigQueryWarehouse(target)


def pseudonyms(key_file: Path | None, device_id: str) -> Pseudonyms:
    """Pseudonyms of a device with the owner's key. Raises CloudError for a key that is missing or too short."""
    if key_file is None:
        raise CloudError("--key-file is missing: rows of a home are known by a keyed hash only")
    try:
        key = key_file.read_bytes()
    except OSError as error:
        raise CloudError(f"{key_file}: {error.strerror}; make one: head -c 32 /dev/urandom > {key_file}") from error
    if len(key) < _LEAST_KEY_BYTES:
        raise CloudError(f"{key_file}: {len(key)} bytes are too few for a key: head -c 32 /dev/urandom > {key_file}")
    return Pseudonyms(key, device_id)


def exported(file: Path) -> list[dict[str, Any]]:
    """Episodes of an export, JSON or Parquet. Raises CloudError for a file that is not whole."""
    if file.suffix != ".parquet":
        try:
            episodes: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as broken:
            raise CloudError(f"{file}: no export, or only a part of one ({broken}); export again") from broken
        return episodes
    return parquet_rows(file)


def parquet_rows(file: Path) -> list[Row]:
    """Rows of a Parquet file, or of all Parquet files below a folder. Raises CloudError for one that is not whole."""
    try:
        import pyarrow.parquet as pq
    except ImportError as missing:
        raise CloudError("pyarrow is missing: pip install -e '.[cloud-training]'") from missing
    from pyarrow import ArrowException

    files, rows = sorted(file.rglob("*.parquet")) if file.is_dir() else [file], list[Row]()
    if not files:
        raise CloudError(f"{file}: there is no Parquet file")
    for shard in files:
        try:
            rows += pq.read_table(shard).to_pylist()
        except (ArrowException, OSError) as broken:
            raise CloudError(f"{shard}: no Parquet file, or only a part of one ({broken}); make it again") from broken
    return rows


def wanted_rows(options: argparse.Namespace) -> Iterator[tuple[Table, list[Row]]]:
    """Tables and the rows that the options name. Raises CloudError."""
    if options.episodes:
        names, episodes = pseudonyms(options.key_file, options.device), exported(options.episodes)
        yield EPISODES, [episode_row(one, names, None) for one in episodes]
        yield SCORE_SUMMARIES, [episode_summary(one, names, None) for one in episodes if one["scores"]]
    if options.scores:
        yield (
            SCORE_SUMMARIES,
            [{name: row[name] for name in SCORE_SUMMARIES.columns} for row in _rescored(options.scores)],
        )
    if options.cards:
        yield TRAINING_RUNS, [training_run(json.loads(card.read_text(encoding="utf-8"))) for card in options.cards]


def _rescored(folder: Path) -> list[Row]:
    """Summaries of rescored recordings, with days as texts."""
    return [row | {"night": str(row["night"])} for row in parquet_rows(folder)]


def run(options: argparse.Namespace) -> None:
    """Delete or load, as the options say. Raises CloudError."""
    if options.delete_device or options.delete_home:
        home = options.delete_home
        device = home_hash(home) if home else pseudonyms(options.key_file, options.delete_device).device
        if not options.dry_run:
            delete_device(opened(options.target), device)
        print(f"{'would delete' if options.dry_run else 'deleted'} all rows of {device} from {options.target}")
        return
    found = list(wanted_rows(options))
    if not options.dry_run:
        warehouse, began_s = opened(options.target), time.monotonic()
        warehouse.create()
        for table, rows in found:
            replace(warehouse, table, rows, lambda parts, name=table.name: iter(tqdm(parts, desc=name)))  # type: ignore[misc]
        print(f"{time.monotonic() - began_s:.1f} s")
    for table, rows in found:
        print(f"{'would load' if options.dry_run else 'loaded'} {len(rows)} rows into {options.target}, {table.name}")


def main() -> None:
    """Load, or delete a device."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="PROJECT.DATASET of BigQuery, or a file that ends with .duckdb")
    parser.add_argument("--episodes", type=Path, help="export of a history, .parquet or .json")
    parser.add_argument("--device", default="", help="device.id of the export; only its hash is loaded")
    parser.add_argument("--key-file", type=Path, help="the owner's key for the hashes")
    parser.add_argument("--scores", type=Path, help="folder that `training.cloud.dataflow rescore` has written")
    parser.add_argument("--cards", type=Path, nargs="+", help="cry.json of trained models")
    parser.add_argument("--delete-device", metavar="ID", help="delete every row of this device")
    parser.add_argument("--delete-home", metavar="NAME", help="delete every score of the clips of this home")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; open no connection")
    guarded(lambda: run(parser.parse_args()))


if __name__ == "__main__":
    main()
