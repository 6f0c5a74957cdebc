"""Export of episodes as a Parquet file, for DuckDB, pandas or BigQuery: the fields of the JSON export, with types.

pyarrow takes 100 MB, so it is no part of a device's package, and is imported with the first export.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babycryd.core.records import Episode, RecordsError
from babycryd.i18n import DEFAULT
from babycryd.report.export import as_fields

_REMEDY = "pyarrow is missing: pip install 'babycryd[parquet]', or take --format json, which has the same fields"


def parquet(episodes: Sequence[Episode], language: str = DEFAULT) -> bytes:
    """Return a Parquet file with one row for each episode. Raises RecordsError where pyarrow is missing."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as missing:
        raise RecordsError(_REMEDY) from missing

    rows = [_with_times(as_fields(each, language)) for each in episodes]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=_schema(pa)), file, compression="zstd")
    return file.getvalue()


def _with_times(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with times in place of ISO-8601 texts."""
    lullabies = [
        each | {name: _time(each[name]) for name in ("started_at", "stopped_at")} for each in fields["lullabies"]
    ]
    times = {name: _time(fields[name]) for name in ("started_at", "ended_at")}
    return fields | times | {"lullabies": lullabies}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _schema(pa: Any) -> Any:
    """Return the columns and their types, in the order of the JSON export."""
    text, number, count, time = pa.string(), pa.float64(), pa.int64(), pa.timestamp("ms", "UTC")
    lullaby = {"track": text, "reason": text, "title": text, "started_at": time, "stopped_at": time}
    sound = {"sound": text, "title": text, "step": count, "outcome": text, "took_s": number}
    return pa.schema(
        {
            "id": text,
            "started_at": time,
            "ended_at": time,
            "duration_s": number,
            "settled_in_s": number,
            "reason": text,
            "confidence": number,
            "peak_level_dbfs": number,
            "mean_level_dbfs": number,
            "windows": count,
            "positive_windows": count,
            "lullabies": pa.list_(pa.struct(lullaby)),
            "cry": pa.bool_(),
            "route": text,
            "model_sha256": text,
            "score_step_s": number,
            "scores": pa.list_(number),
            "sounds": pa.list_(pa.struct(sound)),
        }
    )
