"""Warehouses of the tests: DuckDB, and BigQuery's emulator in a process of its own; and months of a made-up home."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from babycryd.core.records import Episode, SoundTried
from babycryd.report.export import export
from tests.support.cloud import answers_at
from tests.support.patience import HANG_S, wait_until
from tests.support.ports import free_port

DATASET = "test.babycryd"
NIGHTS_FROM = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
_SOUNDS = ("rain", "shushing", "papa-sings")
_OUTCOMES = ("calm", "same", "worse", "calm", "calm")


@contextmanager
def bigquery_emulator() -> Iterator[str]:
    """The address of an empty BigQuery emulator."""
    port, grpc_port = free_port(), free_port()
    program = str(Path(sys.executable).parent / "bqemulator")
    ports = ["--rest-port", str(port), "--grpc-port", str(grpc_port)]
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile("w+") as log:
        _put_spatial_extension(Path(home))
        command, env = [program, "start", "--ephemeral", *ports], {**os.environ, "HOME": home}
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(
                lambda: answers_at(url), HANG_S, lambda: Path(f"/proc/self/fd/{log.fileno()}").read_text("utf-8")
            )
            yield url
        finally:
            process.kill()
            process.wait()


def _put_spatial_extension(home: Path) -> None:
    """Put DuckDB's spatial extension where the emulator, which has no network, looks for it."""
    import duckdb
    import duckdb_extension_spatial as spatial

    (platform,) = duckdb.sql("PRAGMA platform").fetchall()[0]
    (file,) = Path(spatial.__file__).parent.rglob("spatial.duckdb_extension")
    folder = home / ".duckdb" / "extensions" / file.parent.name / platform
    folder.mkdir(parents=True)
    (folder / file.name).symlink_to(file)


def months() -> list[Episode]:
    """Episodes of sixty nights: two a night, of which each tenth is a false alarm; scores fall in the second month."""
    return [_episode(number) for number in range(120)]


def months_as_json(folder: Path) -> Path:
    """The export of these months."""
    file = folder / "cries.json"
    file.write_bytes(export(months(), "json"))
    return file


def exported_months() -> list[dict[str, Any]]:
    """Episodes of these months as the export has them."""
    episodes: list[dict[str, Any]] = json.loads(export(months(), "json"))
    return episodes


def rescored() -> list[dict[str, Any]]:
    """Summaries of recordings as `training.cloud.dataflow rescore` writes them: three cries and four other sounds."""
    cries = [("baby/a.flac", 1, 2.0), ("baby/b.flac", 1, 3.0), ("baby/c.flac", 0, None)]
    rows = [_summary(path, "corvin_22babies", True, alarms, latency_s) for path, alarms, latency_s in cries]
    others = [
        ("cat/a.flac", "cat", 1),
        ("cat/b.flac", "cat", 0),
        ("rain/a.flac", "rain", 0),
        ("rain/b.flac", "rain", 0),
    ]
    return rows + [_summary(path, kind, False, alarms, None) for path, kind, alarms in others]


def _summary(path: str, kind: str, is_cry: bool, alarms: int, latency_s: float | None) -> dict[str, Any]:  # noqa: FBT001
    bins = {f"hops_to_{top}": 2 for top in (20, 40, 60, 80, 100)}
    return {
        "summary": path.encode().hex(),
        "device": None,
        "model_sha256": "ab" * 32,
        "source": "recording",
        "kind": kind,
        "recording": path,
        "night": "2026-11-29",
        "duration_s": 1800.0,
        "scores": 10,
        "mean": 0.5,
        "highest": 1.0,
        **bins,
        "is_cry": is_cry,
        "alarms": alarms,
        "latency_s": latency_s,
    }


def _episode(number: int) -> Episode:
    began = NIGHTS_FROM + timedelta(days=number // 2, minutes=90 * (number % 2))
    identity, sound = f"{began:%Y%m%dT%H%M%S}000Z", _SOUNDS[number % 3]
    outcome: Any = _OUTCOMES[number % 5]
    usual = 0.9 if number < 60 else 0.5
    return Episode(
        identity,
        began.timestamp(),
        duration_s=120.0 + number,
        confidence=0.9,
        ended_utc_s=began.timestamp() + 120 + number,
        reason="calm",
        settled_in_s=90.0 + number,
        windows=100,
        positive_windows=40,
        scores=(0.1, usual, usual, usual),
        model_sha256="cd" * 32,
        cry=False if number % 10 == 7 else None,
        sounds=(SoundTried(identity, 1, sound, outcome, 20.0 + number),),
    )
