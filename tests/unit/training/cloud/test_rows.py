"""Rows of the warehouse: they fit their schemas, and tell nothing about whom they are of."""

import json
from datetime import UTC

import pytest

from tests.support.warehouses import exported_months
from training.cloud.rows import Pseudonyms, distribution, episode_row, episode_summary, training_run
from training.cloud.schema import EPISODES, SCORE_SUMMARIES, TABLES, TRAINING_RUNS, Row, Table
from training.data.paths import MODELS

NAMES = Pseudonyms(b"a key of the owner", "nursery")
ONE = exported_months()[2]
CARD = json.loads((MODELS / "cry.json").read_text("utf-8"))
ROWS = (
    (EPISODES, episode_row(ONE, NAMES, UTC)),
    (SCORE_SUMMARIES, episode_summary(ONE, NAMES, UTC)),
    (TRAINING_RUNS, training_run(CARD)),
)


@pytest.mark.parametrize(("table", "row"), ROWS, ids=[table.name for table, _ in ROWS])
def test_a_row_has_the_columns_of_its_table_and_values_where_they_are_required(table: Table, row: Row) -> None:
    assert row.keys() == set(table.columns)
    assert [field["name"] for field in table.fields if field["mode"] == "REQUIRED" and row[field["name"]] is None] == []


def test_schemas_describe_each_column_and_name_key_and_partition() -> None:
    assert list(TABLES) == ["episodes", "score_summaries", "training_runs"]
    for table in TABLES.values():
        assert {table.key, table.partition_by, *table.cluster_by} <= set(table.columns)
        assert all(field["description"].endswith(".") for field in table.fields)
        assert next(field["type"] for field in table.fields if field["name"] == table.partition_by) == "DATE"


def test_no_row_of_a_home_holds_its_names() -> None:
    told = json.dumps([row for _, row in ROWS[:2]])
    assert "nursery" not in told
    assert ONE["id"] not in told
    assert "papa-sings" not in told
    assert ROWS[0][1]["sound_1"].startswith("own-")


def test_sounds_of_the_package_keep_their_names() -> None:
    assert episode_row(exported_months()[0], NAMES, UTC)["sound_1"] == "rain"


def test_hashes_depend_on_key_and_device() -> None:
    others = (Pseudonyms(b"another key", "nursery"), Pseudonyms(NAMES.key, "attic"))
    assert NAMES.device not in {other.device for other in others}
    assert NAMES.of("e1") not in {other.of("e1") for other in others}


def test_the_night_ends_at_noon() -> None:
    evening = ONE | {"started_at": "2026-09-01T21:00:00.000+00:00"}
    assert episode_row(evening, NAMES, UTC)["night"] == "2026-09-02"


def test_a_distribution_counts_each_score_once() -> None:
    described = distribution((0.0, 0.2, 0.5, 1.0))
    assert [described[f"hops_to_{top}"] for top in (20, 40, 60, 80, 100)] == [1, 1, 1, 0, 1]
    assert (described["scores"], described["mean"], described["highest"]) == (4, 0.425, 1.0)
    assert distribution(())["mean"] is None
