"""Load and five questions, on DuckDB and on BigQuery's emulator: the same answers; loading again; deletion."""

import math
import statistics
from argparse import Namespace
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from babycryd.report.parquet import parquet
from tests.support.warehouses import DATASET, bigquery_emulator, months, months_as_json, rescored
from training.cloud.ask import QUERIES, table
from training.cloud.load import opened, run
from training.cloud.rows import home_hash
from training.cloud.schema import SCORE_SUMMARIES, TABLES
from training.cloud.storage import CloudError
from training.cloud.warehouse import DuckDbWarehouse, Warehouse, delete_device, replace
from training.data.paths import MODELS

needs_duckdb = pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is in the extra cloud-training")
KEY = b"sixteen bytes and more"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "owner.key"
    file.write_bytes(KEY)
    return file


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    pytest.importorskip("bqemulator", reason="bqemulator is in the extra cloud-training")
    with bigquery_emulator() as url:
        yield url


@pytest.fixture(params=["duckdb", "bigquery"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty warehouse: a DuckDB file, or a dataset of the emulator."""
    pytest.importorskip("duckdb", reason="duckdb is in the extra cloud-training")
    if request.param == "duckdb":
        return str(tmp_path / "home.duckdb")
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", request.getfixturevalue("emulator"))
    return f"{DATASET}_{abs(hash(request.node.name)) % 10**9}"


def options(target: str, **given: Any) -> Namespace:
    usual = {
        "episodes": None,
        "device": "nursery",
        "key_file": None,
        "scores": None,
        "cards": None,
        "delete_home": None,
    }
    return Namespace(**{"target": target, **usual, "delete_device": None, "dry_run": False, **given})


def loaded(target: str, tmp_path: Path, key_file: Path) -> Warehouse:
    run(options(target, episodes=months_as_json(tmp_path), key_file=key_file, cards=[MODELS / "cry.json"]))
    warehouse = opened(target)
    replace(warehouse, SCORE_SUMMARIES, rescored(), iter)
    return warehouse


def answers(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    return {name: warehouse.ask(file.read_text("utf-8")) for name, file in QUERIES.items()}


def count(warehouse: Warehouse) -> list[int]:
    counted = " UNION ALL ".join(f"SELECT '{name}' AS name, COUNT(*) AS n FROM {name}" for name in TABLES)  # noqa: S608
    return [row["n"] for row in sorted(warehouse.ask(counted), key=lambda row: str(row["name"]))]


def test_five_questions_have_the_right_answers(target: str, tmp_path: Path, key_file: Path) -> None:
    found = answers(loaded(target, tmp_path, key_file))
    assert len(QUERIES) == 5
    nights = found["nights"]
    assert len(nights) == 60
    assert sum(night["cries"] for night in nights) == 108
    assert sum(night["false_alarms"] for night in nights) == 12
    assert nights[0]["crying_min"] == pytest.approx((120 + 121) / 60)
    by_sound = {row["sound"]: row for row in found["calm_by_sound"]}
    assert by_sound["rain"]["tries"] == 40
    assert by_sound["rain"]["share_calmed"] == pytest.approx(0.6)
    took_s = [20.0 + number for number in range(0, 120, 3) if number % 5 in {0, 3, 4}]
    assert by_sound["rain"]["median_s"] == statistics.median(took_s)
    cats, rain = found["false_alarms"]
    assert (cats["kind"], cats["false_alarms"], cats["false_alarms_per_hour"]) == ("cat", 1, 1.0)
    assert rain["false_alarms_per_hour"] == 0
    (latency,) = found["latency"]
    assert (latency["median_s"], latency["ninth_tenth_s"], latency["timed"]) == (2.5, 3.0, 2)
    assert latency["share_with_alarm"] == pytest.approx(2 / 3)
    first, second = (row for row in found["score_drift"] if row["source"] == "episode")
    assert first["stability_index"] == 0
    assert second["stability_index"] > 0.25


def test_both_give_the_same_answers(
    emulator: str, tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", emulator)
    home = answers(loaded(str(tmp_path / "home.duckdb"), tmp_path, key_file))
    cloud = answers(loaded(f"{DATASET}_both", tmp_path, key_file))
    for name, rows in home.items():
        assert [list(row) for row in rows] == [list(row) for row in cloud[name]], name
        for ours, theirs in zip(rows, cloud[name], strict=True):
            assert all(_alike(ours[column], theirs[column]) for column in ours), (name, ours, theirs)


def test_loading_again_replaces_rows_and_a_device_is_deleted_by_one_command(
    target: str, tmp_path: Path, key_file: Path
) -> None:
    warehouse = loaded(target, tmp_path, key_file)
    assert count(warehouse) == [120, 127, 1]
    del warehouse
    assert count(loaded(target, tmp_path, key_file)) == [120, 127, 1]
    run(options(target, delete_device="nursery", key_file=key_file))
    assert count(opened(target)) == [0, 7, 1]


@needs_duckdb
def test_scores_of_the_clips_of_a_home_are_deleted_by_its_name(tmp_path: Path) -> None:
    target = str(tmp_path / "home.duckdb")
    warehouse = opened(target)
    warehouse.create()
    of_home = [row | {"device": home_hash("blue-house")} for row in rescored()[:2]]
    replace(warehouse, SCORE_SUMMARIES, [*of_home, *rescored()[2:]], iter)
    del warehouse
    run(options(target, delete_home="blue-house"))
    assert count(opened(target)) == [0, 5, 0]


@needs_duckdb
def test_a_parquet_export_gives_the_rows_of_the_json_export(tmp_path: Path, key_file: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is in the extra cloud-training")
    (tmp_path / "cries.parquet").write_bytes(parquet(months()))
    one, other = str(tmp_path / "one.duckdb"), str(tmp_path / "other.duckdb")
    run(options(one, episodes=tmp_path / "cries.parquet", key_file=key_file))
    run(options(other, episodes=months_as_json(tmp_path), key_file=key_file))
    assert answers(opened(one)) == answers(opened(other))


def test_half_an_export_is_named(tmp_path: Path, key_file: Path) -> None:
    file = months_as_json(tmp_path)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(CloudError, match=r"cries\.json: no export, or only a part of one .*export again"):
        run(options("x.duckdb", episodes=file, key_file=key_file))


def test_a_half_written_shard_is_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is in the extra cloud-training")
    (tmp_path / "scores-0.parquet").write_bytes(parquet(months())[:-50])
    with pytest.raises(CloudError, match=r"scores-0\.parquet: no Parquet file, or only a part of one"):
        run(options(str(tmp_path / "x.duckdb"), scores=tmp_path))
    assert not (tmp_path / "x.duckdb").exists()


def test_rows_of_a_home_need_a_key(tmp_path: Path) -> None:
    file = months_as_json(tmp_path)
    with pytest.raises(CloudError, match="--key-file is missing"):
        run(options("x.duckdb", episodes=file))
    (tmp_path / "short.key").write_bytes(b"short")
    with pytest.raises(CloudError, match="5 bytes are too few"):
        run(options("x.duckdb", episodes=file, key_file=tmp_path / "short.key"))


def test_a_dry_run_opens_nothing(tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(options("no.such", episodes=months_as_json(tmp_path), key_file=key_file, dry_run=True))
    assert "would load 120 rows into no.such, episodes" in capsys.readouterr().out


def test_a_dataset_that_is_not_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("google.cloud.bigquery", reason="google-cloud-bigquery is in the extra cloud-training")
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9")
    with pytest.raises(CloudError, match=r"BigQuery, test\.babycryd: .*run the command again"):
        opened(DATASET).create()


@needs_duckdb
def test_only_a_hash_goes_into_sql() -> None:
    with pytest.raises(CloudError, match="is no hash"):
        delete_device(DuckDbWarehouse(Path(":memory:")), "' OR TRUE --")


def test_a_table_of_answers_is_markdown() -> None:
    assert table([{"night": "2026-09-01", "n": 2, "x": 0.12345, "y": None, "of": "ab" * 32}]) == (
        "| night | n | x | y | of |\n|---|---|---|---|---|\n| 2026-09-01 | 2 | 0.123 |  | abababab |"
    )
    assert table([]) == "(no rows)"


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and not isinstance(one, bool):
        return math.isclose(float(one), float(other), abs_tol=1e-9)
    return str(one) == str(other)
