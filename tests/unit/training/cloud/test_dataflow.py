"""The two Beam jobs on the DirectRunner: rows bit for bit those of the local code, with one worker and with two."""

import os
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import BUCKET, IGNORES_THEM, Storage
from tests.support.patience import HANG_S, wait_until
from tests.support.small_collection import small_collection
from training.cloud.clip_rows import Scoring, feature_rows, score_row
from training.cloud.collection import Collection
from training.cloud.dataflow import chosen, job, run, source
from training.cloud.load import parquet_rows
from training.cloud.storage import CloudError
from training.data.paths import MODELS, REPOSITORY
from training.data.recordings import load_audio

SCORING = Scoring((MODELS / "cry.tflite").read_bytes(), 0.5, "2026-11-29")
TWO = ("--direct_num_workers=2", "--direct_running_mode=multi_processing")


def jobs() -> Any:
    pytest.importorskip("apache_beam", reason="apache-beam is in the extra cloud-training")
    from training.cloud import jobs

    return jobs


def local_scores() -> list[dict[str, Any]]:
    _, entries = small_collection()
    rows = [score_row(entry, load_audio(entry.path), SCORING.classifier(), SCORING) for entry in entries]
    return sorted(rows, key=lambda row: str(row["recording"]))


def rescored(folder: Path, flags: Sequence[str]) -> list[dict[str, Any]]:
    root, entries = small_collection()
    jobs().run(entries, jobs().Rescore(str(root), SCORING), jobs().SCORES, str(folder), flags, 2)
    assert len(list(folder.glob("*.parquet"))) == 2
    return sorted(parquet_rows(folder), key=lambda row: str(row["recording"]))


def test_new_scores_are_those_of_the_local_code(shared: Path, tmp_path: Path) -> None:
    jobs()
    assert rescored(tmp_path, ()) == local_scores()


@pytest.mark.slow
def test_two_workers_give_the_same_rows(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs()
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    assert rescored(tmp_path, TWO) == local_scores()


def test_a_bucket_gives_and_takes_the_same(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs()
    root, entries = small_collection()
    with Storage(IGNORES_THEM) as storage:  # the other emulator knows no batches, by which Beam renames
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage.url)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "test")
        for entry in entries:
            storage.put(entry.object, (root / entry.path).read_bytes())
        index = Collection(tuple(entries), {}, {}, {}).index
        storage.put("training/versions/v1/index.json", index)
        where = f"gs://{BUCKET}/training/versions/v1/index.json"
        run(_options(input=where, output=f"gs://{BUCKET}/rescored", shards=2), ())
        names = [name for name in storage.names("rescored/") if "beam-temp" not in name]
        assert len(names) == 2
        for name in names:
            (tmp_path / Path(name).name).write_bytes(storage.bucket.blob(name).download_as_bytes())
    found = sorted(parquet_rows(tmp_path), key=lambda row: str(row["recording"]))
    assert [row | {"night": None} for row in found] == [row | {"night": None} for row in local_scores()]


def test_progress_counts_every_clip(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rescored(tmp_path, ())
    _, entries = small_collection()
    assert f"{len(entries)}/{len(entries)}" in capsys.readouterr().err


def test_features_are_those_of_the_local_code(shared: Path, tmp_path: Path) -> None:
    root, entries = small_collection()
    jobs().run(entries[:2], jobs().Features(str(root), 1), jobs().FEATURES, str(tmp_path), (), 1)
    expected = [row for entry in entries[:2] for row in feature_rows(entry, load_audio(entry.path), 1)]
    found = parquet_rows(tmp_path)
    assert sorted(found, key=_place) == sorted(expected, key=_place)


def test_a_damaged_clip_is_named_and_no_shard_is_left(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs()
    root, entries = small_collection()
    broken = replace(entries[0], sha256="0" * 64)
    monkeypatch.setattr("training.cloud.dataflow.source", lambda _: (str(root), [broken, *entries[1:]]))
    with pytest.raises(CloudError, match=rf"no shard is left: .*{broken.path}: the content is not that of the index"):
        run(_options(output=str(tmp_path / "out")), ())
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.slow
def test_a_killed_job_leaves_no_shard(shared: Path, tmp_path: Path) -> None:
    jobs()
    command = [sys.executable, "-m", "training.cloud.dataflow", "rescore", "--output", str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: list(tmp_path.rglob("beam-temp*")), 3 * HANG_S, lambda: list(tmp_path.rglob("*")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list((tmp_path / "out").glob("*.parquet"))
    with pytest.raises(CloudError, match="there is no Parquet file"):
        parquet_rows(tmp_path / "out")


def test_a_broken_model_is_told_before_any_worker_begins(tmp_path: Path) -> None:
    jobs()
    (tmp_path / "half.tflite").write_bytes(SCORING.model[:1000])
    with pytest.raises(CloudError, match=r"half\.tflite: .*not a usable TFLite model"):
        job(_options(model=tmp_path / "half.tflite"), "")


def test_an_input_that_is_no_index_is_told() -> None:
    with pytest.raises(CloudError, match="write gs://BUCKET/training/versions/"):
        source("clips/")


def test_a_trial_takes_clips_from_all_over(shared: Path) -> None:
    _, entries = small_collection()
    assert chosen(entries, None, 2) == [entries[0], entries[3]]
    assert chosen(entries, "train", None) == []


def _options(**given: Any) -> Namespace:
    usual = {"job": "rescore", "input": None, "split": None, "most": None, "shards": 1, "copies": 0}
    return Namespace(**{**usual, "model": MODELS / "cry.tflite", "threshold": 0.5, "dry_run": False, **given})


def _place(row: dict[str, Any]) -> tuple[str, int]:
    return row["path"], row["copy"]
