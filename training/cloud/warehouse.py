"""Warehouses that hold the three tables: BigQuery, its emulator, or a DuckDB file at home. All take the same SQL.

`BIGQUERY_EMULATOR_HOST` names an emulator in place of Google's service, without credentials. Rows go to BigQuery by
load jobs, which cost nothing and whose rows can be deleted at once; the emulator takes them as a stream.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from training.cloud.schema import TABLES, Row, Table
from training.cloud.storage import CloudError

T = TypeVar("T")
_TYPES: Final = {"FLOAT": "DOUBLE", "INTEGER": "BIGINT", "STRING": "VARCHAR"}  # of DuckDB, where its name differs
_AT_ONCE: Final = 500  # rows
_TIMEOUT_S: Final = 60.0


class Warehouse(Protocol):
    """Dataset of the three tables. Every method blocks and raises CloudError."""

    def create(self) -> None:
        """Make the tables that are missing."""

    def append(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, all of a call or none."""

    def ask(self, sql: str) -> list[Row]:
        """Rows that a query returns; table names stand alone."""


class DuckDbWarehouse:
    """Warehouse in a DuckDB file."""

    def __init__(self, file: Path) -> None:
        try:
            import duckdb
        except ImportError as missing:
            raise CloudError("duckdb is missing: pip install -e '.[cloud-training]'") from missing
        self._error = duckdb.Error
        self._database = self._do(lambda: duckdb.connect(str(file)))

    def create(self) -> None:
        """See `Warehouse`."""
        for table in TABLES.values():
            columns = ", ".join(f"{field['name']} {_duckdb_type(field)}" for field in table.fields)
            self.ask(f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})")

    def append(self, table: Table, rows: Sequence[Row]) -> None:
        """See `Warehouse`."""
        if not rows:
            return
        columns = {field["name"]: _duckdb_type(field).removesuffix(" NOT NULL") for field in table.fields}
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as lines:  # one statement is fast
            lines.writelines(json.dumps(row) + "\n" for row in rows)
            lines.flush()
            read = f"read_json('{lines.name}', format = 'newline_delimited', columns = {columns})"
            self.ask(f"INSERT INTO {table.name} BY NAME SELECT * FROM {read}")  # noqa: S608  # our own names

    def ask(self, sql: str) -> list[Row]:
        """See `Warehouse`."""

        def fetched() -> list[Row]:
            answer = self._database.execute(sql)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

        return self._do(fetched)

    def _do(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except self._error as error:
            raise CloudError(f"DuckDB: {error}") from error


class BigQueryWarehouse:
    """Warehouse in BigQuery; `dataset` is PROJECT.DATASET."""

    def __init__(self, dataset: str) -> None:
        if dataset.count(".") != 1:
            raise CloudError(f"{dataset!r} is no dataset: write PROJECT.DATASET")
        try:
            from google.cloud import bigquery
        except ImportError as missing:
            raise CloudError("google-cloud-bigquery is missing: pip install -e '.[cloud-training]'") from missing
        self._api: Any = bigquery
        self._dataset = dataset
        self._emulator = os.environ.get("BIGQUERY_EMULATOR_HOST")
        self._client: Any = self._do(self._connected)

    def create(self) -> None:
        """See `Warehouse`."""
        self._do(lambda: self._client.create_dataset(self._dataset, exists_ok=True, timeout=_TIMEOUT_S, retry=None))
        for table in TABLES.values():
            declared = self._declared(table)
            self._do(partial(self._client.create_table, declared, exists_ok=True, timeout=_TIMEOUT_S))

    def append(self, table: Table, rows: Sequence[Row]) -> None:
        """See `Warehouse`."""
        if rows:
            self._do(lambda: self._stream(table, rows) if self._emulator else self._load(table, rows))

    def ask(self, sql: str) -> list[Row]:
        """See `Warehouse`."""
        config = self._api.QueryJobConfig(default_dataset=self._dataset)
        rows = self._do(lambda: self._client.query(sql, job_config=config, timeout=_TIMEOUT_S).result())
        return [dict(row.items()) for row in rows]

    def _declared(self, table: Table) -> Any:
        declared = self._api.Table(f"{self._dataset}.{table.name}", schema=self._schema(table))
        declared.description = table.description
        declared.time_partitioning = self._api.TimePartitioning(field=table.partition_by)
        declared.clustering_fields = list(table.cluster_by) or None
        return declared

    def _schema(self, table: Table) -> list[Any]:
        return [self._api.SchemaField.from_api_repr(field) for field in table.fields]

    def _load(self, table: Table, rows: Sequence[Row]) -> None:
        config = self._api.LoadJobConfig(schema=self._schema(table), write_disposition="WRITE_APPEND")
        target = f"{self._dataset}.{table.name}"
        self._client.load_table_from_json(rows, target, job_config=config, timeout=_TIMEOUT_S).result()

    def _stream(self, table: Table, rows: Sequence[Row]) -> None:
        refused = self._client.insert_rows_json(f"{self._dataset}.{table.name}", rows, timeout=_TIMEOUT_S)
        if refused:
            raise CloudError(f"{table.name}: rows were refused: {refused[:3]}")

    def _connected(self) -> Any:
        if not self._emulator:
            return self._api.Client(project=self._dataset.split(".")[0])
        from google.auth.credentials import AnonymousCredentials

        anonymous, options = AnonymousCredentials(), {"api_endpoint": self._emulator}  # type: ignore[no-untyped-call]
        return self._api.Client(self._dataset.split(".")[0], credentials=anonymous, client_options=options)

    def _do(self, work: Callable[[], T]) -> T:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        try:
            return work()
        except GoogleAuthError as error:
            raise CloudError(f"BigQuery: not signed in: gcloud auth application-default login ({error})") from error
        except (GoogleAPIError, RequestException) as error:
            text = str(error).split("\n")[0][:300]
            raise CloudError(
                f"BigQuery, {self._dataset}: {text}; run the command again once that is put right"
            ) from error


def replace(
    warehouse: Warehouse, table: Table, rows: Sequence[Row], progress: Callable[[range], Iterator[int]]
) -> None:
    """Write rows in place of those with the same keys, some hundreds at once.

    After an interruption run it again: rows that were deleted and not yet written again come from the same source.
    """
    for begin in progress(range(0, len(rows), _AT_ONCE)):
        part = rows[begin : begin + _AT_ONCE]
        keys = ", ".join(f"'{_hexadecimal(row[table.key])}'" for row in part)
        warehouse.ask(f"DELETE FROM {table.name} WHERE {table.key} IN ({keys})")  # noqa: S608  # hashes
        warehouse.append(table, part)


def delete_device(warehouse: Warehouse, device: str) -> None:
    """Delete every row of a device, by its hash."""
    for table in TABLES.values():
        if table.of_homes:
            warehouse.ask(f"DELETE FROM {table.name} WHERE device = '{_hexadecimal(device)}'")  # noqa: S608  # a hash


def _hexadecimal(text: str) -> str:
    """The text, which goes into SQL. Raises CloudError where it is no hash."""
    if not text or set(text) - set("0123456789abcdef"):
        raise CloudError(f"{text!r} is no hash in hexadecimal digits")
    return text


def _duckdb_type(field: dict[str, str]) -> str:
    return _TYPES.get(field["type"], field["type"]) + (" NOT NULL" if field["mode"] == "REQUIRED" else "")
