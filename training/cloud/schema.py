"""Schemas of the warehouse's three tables: `schemas/*.json`, in BigQuery's form with key and partition."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Row = dict[str, Any]
SCHEMAS: Final = Path(__file__).with_name("schemas")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a row is known by `key`."""

    name: str
    description: str
    key: str  # column
    partition_by: str  # column of type DATE
    cluster_by: tuple[str, ...]
    fields: tuple[dict[str, str], ...]  # name, type, mode, description

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field["name"] for field in self.fields)

    @property
    def of_homes(self) -> bool:
        """Whether rows belong to devices."""
        return "device" in self.columns


def _table(file: Path) -> Table:
    content = json.loads(file.read_text(encoding="utf-8"))
    clusters, fields = tuple(content.pop("cluster_by")), tuple(content.pop("fields"))
    return Table(name=file.stem, cluster_by=clusters, fields=fields, **content)


TABLES: Final = {file.stem: _table(file) for file in sorted(SCHEMAS.glob("*.json"))}
EPISODES, SCORE_SUMMARIES, TRAINING_RUNS = (TABLES[name] for name in ("episodes", "score_summaries", "training_runs"))
