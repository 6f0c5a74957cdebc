"""OpenAPI 3.1 document of the server. A test compares every answer with it."""

from typing import Any, Final

from babycryd import __version__
from babycryd.core.alert import ALERT_STATES
from babycryd.core.command_table import COMMANDS, CommandSpec
from babycryd.core.command_values import LONGEST_TEXT
from babycryd.core.events import STATES
from babycryd.web.auth.passwords import LONGEST
from babycryd.web.openapi_parts import (
    FLAG,
    MAYBE_FLAG,
    MAYBE_NAME,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    NAME,
    NUMBER,
    TEXT,
    Schema,
    content,
    json_content,
    operation,
    post,
    schema_of,
    strict,
)
from babycryd.web.openapi_records import records_paths
from babycryd.web.rooms_api import rooms_paths
from babycryd.web.settings_api import settings_paths
from babycryd.web.soothing_view import NOW_SCHEMA, SCHEMA
from babycryd.web.sounds_api import sounds_paths

_EPISODE_NOW: Final = schema_of(
    {"id": TEXT, "started_utc_s": NUMBER, "confidence": NUMBER, "cry": MAYBE_FLAG},
    {"duration_s": NUMBER, "settled_in_s": MAYBE_NUMBER, "reason": TEXT},
)
_CHECK: Final = schema_of({"what": TEXT, "good": MAYBE_FLAG, "text": TEXT, "advice": TEXT, "note": FLAG})
_TROUBLE: Final = schema_of({"advice": TEXT, "text": TEXT, "note": FLAG})
_STATE: Final = schema_of(
    {
        "utc_s": NUMBER,
        "at_s": NUMBER,
        "version": TEXT,
        "device": TEXT,
        "room": TEXT,
        "listening": FLAG,
        "not_listening": MAYBE_TEXT,
        "state": {"enum": list(STATES)},
        "since_utc_s": MAYBE_NUMBER,
        "reason": MAYBE_TEXT,
        "episode": {"anyOf": [_EPISODE_NOW, {"type": "null"}]},
        "last_episode": {"anyOf": [_EPISODE_NOW, {"type": "null"}]},
        "lullaby": schema_of(
            {
                "track": MAYBE_TEXT,
                "since_utc_s": MAYBE_NUMBER,
                "trouble": MAYBE_TEXT,
                "tracks": {"type": "array", "items": TEXT, "maxItems": 100},
                "tracks_total": {"type": "integer"},
            }
        ),
        "volume": MAYBE_NUMBER,
        "loudness": {"type": ["object", "null"]},
        "threshold": MAYBE_NUMBER,
        "snoozed_until_utc_s": MAYBE_NUMBER,
        "soothing": NOW_SCHEMA,
        "alert": schema_of({"state": {"enum": list(ALERT_STATES)}, "kind": MAYBE_TEXT, "since_utc_s": MAYBE_NUMBER}),
        "health": {"type": ["object", "null"]},
        "self_test": {"type": ["object", "null"]},
        "checks": {"type": "array", "items": _CHECK},
        "listen_in": schema_of({"enabled": FLAG, "listeners": {"type": "integer"}}),
        "settings": FLAG,
        "first_start": FLAG,
        "remembers": schema_of({"nights": FLAG, "clips": FLAG}),
        "overview": FLAG,
        "shown": {"enum": [*STATES, "doubtful", "unknown"]},
        "troubles": {"type": "array", "items": _TROUBLE},
    }
)
_FAULTS: Final[Schema] = {"type": "array", "items": strict({"key": TEXT, "text": TEXT})}  # of settings
_MISTAKE: Final = strict({"ok": {"const": False}, "error": TEXT}, {"advice": TEXT, "faults": _FAULTS})
_TRACKS: Final = schema_of(
    {"tracks": {"type": "array", "items": TEXT, "maxItems": 500}, "tracks_total": {"type": "integer"}}
)
_FROM: Final[Schema] = {
    "name": "from",
    "in": "query",
    "description": "Number of the first track, counted from 0.",
    "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
}
_GATE: Final[Schema] = {
    "name": "gate",
    "in": "query",
    "description": "1: silence while nothing stands out from the room's noise.",
    "schema": {"enum": ["0", "1"]},
}


def openapi() -> dict[str, Any]:
    """Return the whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "babycryd", "version": __version__, "description": "A nursery listener. See docs/http.md."},
        "servers": [{"url": "./"}],
        "security": [{}, {"password": []}, {"session": []}],
        "components": {
            "securitySchemes": {
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any user name, and the page's password.",
                },
                "session": {"type": "apiKey", "in": "cookie", "name": "babycryd"},
            },
            "schemas": {"Mistake": _MISTAKE},
        },
        "paths": {
            **_now(),
            **_commands(),
            **_session(),
            **_alerts(),
            **records_paths(),
            **settings_paths(),
            **sounds_paths(),
            **rooms_paths(),
            **_machines(),
        },
    }


def _now() -> dict[str, Any]:
    return {
        "/api/state": {"get": operation("The present state.", json_content(_STATE))},
        "/api/tracks": {
            "get": operation("The names of the tracks, 500 at a time.", json_content(_TRACKS), (422,), [_FROM]),
        },
        "/api/soothing": {"get": operation("What soothes now, and what has calmed this baby.", json_content(SCHEMA))},
        "/listen.mp3": {
            "get": operation("The live sound of the room.", content("audio/mpeg"), (404, 503), [_GATE]),
        },
        "/api/events": {"get": operation("All events, as server-sent events.", content("text/event-stream"), (503,))},
    }


def _commands() -> dict[str, Any]:
    done = json_content(schema_of({"ok": {"const": True}}))
    return {spec.path: {"post": post(spec.summary, _fields(spec), done)} for spec in COMMANDS if spec.path is not None}


def _fields(spec: CommandSpec) -> Schema:
    if spec.kind == "any":
        return strict({}, {spec.key: _value(spec)})
    return strict({spec.key: _value(spec)}, dict.fromkeys(spec.options, MAYBE_NAME))


def _value(spec: CommandSpec) -> Schema:
    """Return the schema of a command's value."""
    match spec.kind:
        case "number":
            limits = spec.limits
            return NUMBER | ({"minimum": limits.low, "maximum": limits.high} if limits else {})
        case "text":  # true and false are ON and OFF
            return {"type": ["string", "boolean"], "maxLength": LONGEST_TEXT, "minLength": 1}
        case "flag":  # null takes the mark back
            return MAYBE_FLAG
        case "any":  # only /api/alert/ack reads it
            return {"enum": ["ACK", None]}


def _session() -> dict[str, Any]:
    session = schema_of({"logged_in": FLAG, "password": FLAG, "csrf": MAYBE_TEXT}, {"advice": TEXT})
    done = json_content(schema_of({"ok": {"const": True}}))
    log_in = post(
        "Begin a session, with a cookie.", schema_of({"password": {"type": "string", "maxLength": LONGEST}}), done
    )
    return {
        "/api/session": {
            "get": operation("Whether the page is logged in; the token for commands.", json_content(session))
        },
        "/api/login": {"post": log_in},
        "/api/logout": {"post": post("End the session.", {"type": "object"}, done)},
    }


def _alerts() -> dict[str, Any]:
    done = json_content(schema_of({"ok": {"const": True}}))
    token = strict({"token": NAME})
    keys = strict({"p256dh": TEXT, "auth": TEXT})
    subscription = schema_of({"endpoint": TEXT, "keys": keys})
    return {
        "/api/alert/token": {"post": post("Acknowledge the alert with the token of a message.", token, done)},
        "/api/push": {
            "get": operation("The key for a subscription to Web Push.", json_content(schema_of({"key": MAYBE_TEXT}))),
            "post": post("Subscribe a browser to Web Push.", subscription, done),
        },
        "/api/push/remove": {"post": post("End a subscription.", strict({"endpoint": TEXT}), done)},
    }


def _machines() -> dict[str, Any]:
    listening = json_content(schema_of({"ok": FLAG}))
    healthz = operation("200 only while a cry would be heard.", listening)
    healthz["responses"]["503"] = {"description": "A cry would not be heard.", "content": listening}
    return {
        "/healthz": {"get": healthz},
        "/metrics": {"get": operation("Metrics for Prometheus.", content("text/plain"))},
        "/openapi.json": {"get": operation("This document.", json_content({"type": "object"}))},
    }
