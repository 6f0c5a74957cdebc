"""The dashboard for Grafana: it fits Grafana's schema, and asks only for figures that there are."""

import json
import re
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from babycryd.core.events import ControlsChanged
from tests.support.metrics import HEALTH, samples_of
from tests.support.serving import serving

DASHBOARD = json.loads(Path("config/grafana/babycryd.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def understood(dashboard: dict[str, Any]) -> Any:
    """Return the dashboard as the schema understands it; what the schema does not know is left out."""
    plugins.register_default_plugins()
    return json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard)))


def lost(there: Any, kept: Any, at: str = "") -> list[str]:
    """Return the paths of the values of `there` that are missing or different in `kept`."""
    if isinstance(there, dict) and isinstance(kept, dict):
        return [path for key, value in there.items() for path in lost(value, kept.get(key), f"{at}/{key}")]
    if isinstance(there, list) and isinstance(kept, list) and len(there) == len(kept):
        return [path for n, pair in enumerate(zip(there, kept, strict=True)) for path in lost(*pair, f"{at}/{n}")]
    return [] if there == kept else [at]


def test_grafanas_schema_knows_every_field_of_the_dashboard() -> None:
    assert lost(DASHBOARD, understood(DASHBOARD)) == []


def test_a_field_that_the_schema_does_not_know_would_be_found() -> None:
    wrong = json.loads(json.dumps(DASHBOARD).replace('"legendFormat": "played"', '"legend": "played"'))
    found = lost(wrong, understood(wrong))
    assert [path.rpartition("/")[2] for path in found] == ["legend"]


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert taken & cells == set(), panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


async def test_the_dashboard_asks_for_what_there_is(tmp_path: Path) -> None:
    queries = [target["expr"] for panel in PANELS for target in panel["targets"]]
    queries += [each["query"] for each in DASHBOARD["templating"]["list"]]
    asked = {name for query in queries for name in re.findall(r"babycryd_\w+", query)}
    async with serving(tmp_path) as device:
        await device.tell(HEALTH, ControlsChanged(1.0, 40.0, 0.77, None, 0.0))
        there = {name.split("{")[0] for name in await samples_of(device)}
    assert asked - there == set()
    assert len(asked) > 15
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
