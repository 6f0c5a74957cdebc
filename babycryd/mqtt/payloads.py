"""PURE. Payloads that are JSON objects, such as those of `state`, `health` and `episode`. See docs/mqtt.md."""

import dataclasses
import json
from datetime import datetime
from typing import Any, Final

from babycryd import __version__
from babycryd.core.events import EpisodeInterrupted, HealthMeasured, SelfTested, StateChanged
from babycryd.core.health_parts import ModelHealth, StreamHealth
from babycryd.core.printable import printable
from babycryd.core.report_events import DigestMade, ReportMade
from babycryd.core.sounds import Loudness
from babycryd.mqtt.message import iso_utc

_LONGEST_TEXT: Final = 500  # characters of a sentence that quotes a device or a library
LONGEST_NAME: Final = 255  # characters; Home Assistant takes no longer state


def state(event: StateChanged) -> dict[str, Any]:
    """Return the payload of `state`."""
    return {"state": event.state, "since": iso_utc(event.since_utc_s), "reason": _text(event.reason)}


def last_cry(episode: str, started_utc_s: float, duration_s: float | None) -> dict[str, Any]:
    """Return the payload of `last_cry`. `duration_s`: None while it lasts."""
    rounded_s = None if duration_s is None else round(duration_s, 2)
    return {"id": episode, "started_at": iso_utc(started_utc_s), "duration_s": rounded_s}


def name(text: str | None) -> str | None:
    """Return the name of a track or a device on one line."""
    return None if text is None else printable(text, LONGEST_NAME)


def episode_fields(payload: object) -> dict[str, Any]:
    """Return the fields of a message on `episode`, which a damaged file may have changed. Raises ValueError."""
    try:
        fields = json.loads(payload if isinstance(payload, bytes) else b"")
    except RecursionError as error:
        raise ValueError("the payload is nested too deeply") from error
    if not isinstance(fields, dict) or not all(isinstance(fields.get(key), str) for key in ("type", "id")):
        raise ValueError("the payload has no type or no id")
    return fields


def interrupted_episode(last: bytes) -> EpisodeInterrupted:
    """Return the event for an interrupted episode, for the parts that did not store it. `last`: its last payload.

    Raises ValueError.
    """
    fields = episode_fields(last)
    try:
        started_utc_s = datetime.fromisoformat(fields["started_at"]).timestamp()
        duration_s, confidence = float(fields["duration_s"]), float(fields["confidence"])
    except (LookupError, TypeError, ArithmeticError) as error:
        raise ValueError(f"the payload lacks a figure ({error})") from error
    return EpisodeInterrupted(0.0, fields["id"], started_utc_s, duration_s, confidence)


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
        "cloud": _text(event.cloud),
        "cloud_month": None if event.cloud_month is None else dataclasses.asdict(event.cloud_month),
        "disk": _text(event.disk),
        "broker": _text(event.broker),
        "alerts": _text(event.alerts),
        "echo": _text(event.echo),
        "update": _text(event.update),
        "listeners": event.listeners,
        "model": None if event.model is None else _model(event.model),
        "closed": {name: _text(why) for name, why in event.closed},
        "outbox": waiting,
        "outbox_dropped": dropped,
        "last_window_at": None if event.last_window_utc_s is None else iso_utc(event.last_window_utc_s),
        "microphone": name(event.microphone),
        "microphone_trouble": _text(event.microphone_trouble),
        "listening": event.listening,
        "self_test": None if event.self_test is None else _self_test(event.self_test),
        "stream": None if event.stream is None else _stream(event.stream),
        "speaker": name(event.speaker),
        "temperature_c": None if event.temperature_c is None else round(event.temperature_c, 1),
    }


def _model(health: ModelHealth) -> dict[str, Any]:
    heard = {"heard_s": round(health.heard_s), "wanted_s": round(health.wanted_s), "why": _text(health.why)}
    return dataclasses.asdict(health) | heard


def _stream(health: StreamHealth) -> dict[str, Any]:
    drift_ppm = None if health.drift_ppm is None else round(health.drift_ppm)
    return dataclasses.asdict(health) | {"drift_ppm": drift_ppm, "lost_s": round(health.lost_s, 2)}


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


def digest(event: DigestMade) -> dict[str, Any]:
    """Return the payload of `digest`; the picture has a topic of its own."""
    sentences = event.sentences[event.language]
    return {
        "date": event.date,
        "from": iso_utc(event.start_utc_s),
        "until": iso_utc(event.end_utc_s),
        "language": event.language,
        "text": " ".join(sentences),
        "sentences": list(sentences),
        "cries": event.cries,
        "crying_minutes": round(event.crying_s / 60, 1),
    }


def loudness(known: Loudness) -> dict[str, Any]:
    """Return the payload of `loudness`."""
    for_the_page = ("other_speaker", "uncapped_dba")
    fields = {key: value for key, value in dataclasses.asdict(known).items() if key not in for_the_page}
    return {**fields, "text": known.text}


def _self_test(test: SelfTested) -> dict[str, object]:
    return {
        "at": iso_utc(test.utc_s),
        "verdict": test.verdict,
        "text": _text(test.text),
        "level_dbfs": test.level_dbfs,
        "played_dbfs": test.played_dbfs,
        "echo_db": test.echo_db,
        "delay_s": test.delay_s,
    }


def _text(sentence: str | None) -> str | None:
    return None if sentence is None else printable(sentence, _LONGEST_TEXT)
