"""What Prometheus is told, and that the dashboard asks for nothing else."""

import asyncio
import json
import re
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from babycryd.core.events import ControlsChanged, CryEnded, CryStarted, Deaf, HealthMeasured, StateChanged
from babycryd.core.liveness import Liveness
from babycryd.core.soothing_events import LullabyFailed, LullabyStarted
from tests.support.serving import ServedDevice, serving

DASHBOARD = json.loads(Path("config/grafana/babycryd.json").read_text())
HEALTH = HealthMeasured(
    at_s=60.0,
    utc_s=1000.0,
    uptime_s=60.0,
    cpu_percent=4.5,
    rss_mb=95.0,
    lag_s=0.2,
    dropped_blocks=3,
    route="cloud",
    offloaded_segments=7,
    last_window_utc_s=999.0,
    microphone="mic",
    speaker=None,
    temperature_c=51.0,
)


async def samples_of(device: ServedDevice) -> dict[str, float]:
    told = await device.ask("/metrics")
    assert told.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(told.raw.decode())
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def test_every_figure_is_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        for event in (
            StateChanged(1.0, "crying", 5.0),
            ControlsChanged(1.0, 40.0, 0.77, time.time() + 90.0, 1.5),
            CryStarted(1.0, 5.0, "e1", 0.9),
            LullabyStarted(2.0, "brahms"),
            CryEnded(20.0, "e1", 5.0, 19.0, 0.9, 12.0, "calm"),
            CryStarted(30.0, 35.0, "e2", 0.9),
            CryEnded(31.0, "e2", 35.0, 1.0, 0.9, 1.0, "deaf"),
            LullabyFailed(30.0, "brahms", "no speaker"),
            Deaf(31.0, "unplugged"),
            HEALTH,
        ):
            device.bus.publish(event)
        await asyncio.sleep(0.05)
        found = await samples_of(device)
        expected = {
            "babycryd_listening": 1,
            "babycryd_state{crying}": 1,
            "babycryd_state{listening}": 0,
            "babycryd_episodes_total": 2,
            "babycryd_crying_seconds_total": 20,
            "babycryd_episodes_calmed_total": 1,
            "babycryd_settling_seconds_total": 12,
            "babycryd_lullabies_total": 1,
            "babycryd_lullaby_failures_total": 1,
            "babycryd_deaf_total": 1,
            "babycryd_volume_percent": 40,
            "babycryd_lost_total{audio blocks}": 3,
            "babycryd_cpu_percent": 4.5,
            "babycryd_cloud_route": 1,
            "babycryd_speaker": 0,
            "babycryd_offloaded_segments_total": 7,
            "babycryd_last_judged_age_seconds": 0.1,
            "babycryd_page_viewers": 0,
            "babycryd_listeners": 0,
        }
        assert {name: found.get(name) for name in expected} == expected
        assert 80 < found["babycryd_snooze_left_seconds"] <= 90
        assert found["process_resident_memory_bytes"] > 10_000_000
        device.liveness = Liveness("unplugged", None, None)
        assert (await samples_of(device))["babycryd_listening"] == 0


async def test_the_dashboard_asks_for_what_there_is(tmp_path: Path) -> None:
    queries = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    queries += [each["query"] for each in DASHBOARD["templating"]["list"]]
    asked = {name for query in queries for name in re.findall(r"babycryd_\w+", query)}
    async with serving(tmp_path) as device:
        device.bus.publish(HEALTH)
        device.bus.publish(ControlsChanged(1.0, 40.0, 0.77, None, 0.0))
        await asyncio.sleep(0.05)
        there = {name.split("{")[0] for name in await samples_of(device)}
    assert asked - there == set()
    assert len(asked) > 15
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
