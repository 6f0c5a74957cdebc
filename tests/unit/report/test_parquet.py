"""Parquet export: the fields of the JSON export with types, and a clear error without pyarrow."""

import io
import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from babycryd.core.records import Episode, Lullaby, RecordsError, SoundTried
from babycryd.report.export import export
from babycryd.report.parquet import parquet

BEGAN_S = 1764_000_000.25
EPISODES = (
    Episode(
        *("e1", BEGAN_S, 60.0, 0.91, BEGAN_S + 60, "calm", 41.5, -30.0, -42.0, 200, 90, (0.1, 0.9)),
        cry=True,
        lullabies=(Lullaby("rain", BEGAN_S + 2, BEGAN_S + 50, "calm"),),
        sounds=(SoundTried("e1", 1, "rain", "calm", 38.0),),
    ),
    Episode("e2", BEGAN_S + 900, 12.0, 0.5),
)


def test_it_has_the_fields_of_the_json_export_with_types() -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is in the extras parquet and cloud-training")
    rows = pq.read_table(io.BytesIO(parquet(EPISODES))).to_pylist()
    assert rows[0]["started_at"] == datetime.fromtimestamp(BEGAN_S, UTC)
    assert rows[1]["ended_at"] is None
    assert json.loads(json.dumps(rows, default=_iso)) == json.loads(export(EPISODES, "json"))


def test_without_pyarrow_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RecordsError, match=r"pip install 'babycryd\[parquet\]', or take --format json"):
        parquet(EPISODES)


def _iso(value: Any) -> str:
    text: str = value.isoformat(timespec="milliseconds")
    return text
