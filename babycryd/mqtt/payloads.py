"""PURE. Payloads of `state`, `health` and `report`: their JSON objects, field by field. See docs/mqtt.md."""

import dataclasses
from typing import Any

from babycryd import __version__
from babycryd.core.events import HealthMeasured, ReportMade, SelfTested, StateChanged
from babycryd.mqtt.message import iso_utc


def state(event: StateChanged) -> dict[str, Any]:
    """Return the payload of `state`."""
    return {"state": event.state, "since": iso_utc(event.since_utc_s), "reason": event.reason}


def health(event: HealthMeasured, waiting: int, dropped: int) -> dict[str, Any]:
    """Return the payload of `health`. `waiting`, `dropped`: messages in the outbox, and dropped by it."""
    return {
        "version": __version__,
        "at": iso_utc(event.utc_s),
        "uptime_s": round(event.uptime_s),
        "cpu_percent": round(event.cpu_percent, 1),
        "rss_mb": round(event.rss_mb, 1),
        "lag_s": round(event.lag_s, 3),
        "dropped_blocks": event.dropped_blocks,
        "route": event.route,
        "offloaded_segments": event.offloaded_segments,
        "cloud": event.cloud,
        "cloud_month": None if event.cloud_month is None else dataclasses.asdict(event.cloud_month),
        "disk": event.disk,
        "closed": dict(event.closed),
        "outbox": waiting,
        "outbox_dropped": dropped,
        "last_window_at": None if event.last_window_utc_s is None else iso_utc(event.last_window_utc_s),
        "microphone": event.microphone,
        "microphone_trouble": event.microphone_trouble,
        "listening": event.listening,
        "self_test": None if event.self_test is None else _self_test(event.self_test),
        "speaker": event.speaker,
        "temperature_c": None if event.temperature_c is None else round(event.temperature_c, 1),
    }


def report(event: ReportMade) -> dict[str, Any]:
    """Return the payload of `report`; the picture has a topic of its own."""
    calmed_in_s = event.calmed_in_s
    return {
        "date": event.date,
        "from": iso_utc(event.start_utc_s),
        "until": iso_utc(event.end_utc_s),
        "language": event.language,
        "text": event.text,
        "cries": event.cries,
        "crying_minutes": round(event.crying_s / 60, 1),
        "calmed_in_minutes": None if calmed_in_s is None else round(calmed_in_s / 60, 1),
        "longest_quiet_minutes": round(event.longest_quiet_s / 60),
        "not_listening_minutes": round(event.not_listening_s / 60),
    }


def _self_test(test: SelfTested) -> dict[str, object]:
    return {
        "at": iso_utc(test.utc_s),
        "verdict": test.verdict,
        "text": test.text,
        "level_dbfs": test.level_dbfs,
        "played_dbfs": test.played_dbfs,
        "echo_db": test.echo_db,
        "delay_s": test.delay_s,
    }
