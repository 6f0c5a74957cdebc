"""The metrics that a served device gives to Prometheus, read as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families

from babycryd.core.events import HealthMeasured
from tests.support.serving import ServedDevice

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
