"""OpenAPI 3.1 document of the server. A test compares every answer with it."""

from typing import Any, Final

from babycryd import __version__
from babycryd.core.commands import COMMANDS, LONGEST_TEXT, CommandSpec
from babycryd.core.events import STATES
from babycryd.i18n import LANGUAGES
from babycryd.web.auth.passwords import LONGEST
from babycryd.web.sounds_api import sounds_paths

_Schema = dict[str, Any]
_NUMBER: Final[_Schema] = {"type": "number"}
_MAYBE_NUMBER: Final[_Schema] = {"type": ["number", "null"]}
_TEXT: Final[_Schema] = {"type": "string"}
_MAYBE_TEXT: Final[_Schema] = {"type": ["string", "null"]}
_FLAG: Final[_Schema] = {"type": "boolean"}
_MAYBE_FLAG: Final[_Schema] = {"type": ["boolean", "null"]}
_NAME: Final[_Schema] = {"type": "string", "maxLength": LONGEST_TEXT}
_MAYBE_NAME: Final[_Schema] = {"type": ["string", "null"], "maxLength": LONGEST_TEXT}
_LANGUAGE: Final[_Schema] = {"name": "language", "in": "query", "schema": {"enum": list(LANGUAGES)}}
_DATE: Final[_Schema] = {
    "name": "date",
    "in": "query",
    "description": "Day of the morning, 2026-11-24; default: today.",
    "schema": {"type": "string", "format": "date"},
}
_EPISODE: Final[_Schema] = {"name": "episode", "in": "path", "required": True, "schema": _NAME}


def _object(required: dict[str, _Schema], optional: dict[str, _Schema] | None = None) -> _Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _strict(required: dict[str, _Schema], optional: dict[str, _Schema] | None = None) -> _Schema:
    return _object(required, optional) | {"additionalProperties": False}


_EPISODE_NOW: Final = _object(
    {"id": _TEXT, "started_utc_s": _NUMBER, "confidence": _NUMBER, "cry": _MAYBE_FLAG},
    {"duration_s": _NUMBER, "settled_in_s": _MAYBE_NUMBER, "reason": _TEXT},
)
_CHECK: Final = _object({"what": _TEXT, "good": _MAYBE_FLAG, "text": _TEXT, "advice": _TEXT})
_STATE: Final = _object(
    {
        "utc_s": _NUMBER,
        "at_s": _NUMBER,
        "version": _TEXT,
        "device": _TEXT,
        "room": _TEXT,
        "listening": _FLAG,
        "not_listening": _MAYBE_TEXT,
        "state": {"enum": list(STATES)},
        "since_utc_s": _MAYBE_NUMBER,
        "reason": _MAYBE_TEXT,
        "episode": {"anyOf": [_EPISODE_NOW, {"type": "null"}]},
        "last_episode": {"anyOf": [_EPISODE_NOW, {"type": "null"}]},
        "lullaby": _object(
            {
                "track": _MAYBE_TEXT,
                "since_utc_s": _MAYBE_NUMBER,
                "trouble": _MAYBE_TEXT,
                "tracks": {"type": "array", "items": _TEXT, "maxItems": 100},
                "tracks_total": {"type": "integer"},
            }
        ),
        "volume": _MAYBE_NUMBER,
        "loudness": {"type": ["object", "null"]},
        "threshold": _MAYBE_NUMBER,
        "snoozed_until_utc_s": _MAYBE_NUMBER,
        "health": {"type": ["object", "null"]},
        "self_test": {"type": ["object", "null"]},
        "checks": {"type": "array", "items": _CHECK},
        "remembers": _object({"nights": _FLAG, "clips": _FLAG}),
    }
)
_TRACKS: Final = _object(
    {"tracks": {"type": "array", "items": _TEXT, "maxItems": 500}, "tracks_total": {"type": "integer"}}
)
_FROM: Final[_Schema] = {
    "name": "from",
    "in": "query",
    "description": "Number of the first track, counted from 0.",
    "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
}
_RECORD: Final = _object(
    {"id": _TEXT, "started_utc_s": _NUMBER, "duration_s": _NUMBER, "confidence": _NUMBER, "ended_utc_s": _MAYBE_NUMBER}
)
_CLIP: Final = _object(
    {
        "episode": _TEXT,
        "started_utc_s": _NUMBER,
        "length_s": _NUMBER,
        "n_bytes": {"type": "integer"},
        "lead_in_s": _NUMBER,
    }
)


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
            "schemas": {"Mistake": _strict({"ok": {"const": False}, "error": _TEXT}, {"advice": _TEXT})},
        },
        "paths": {**_now(), **_commands(), **_session(), **_records(), **sounds_paths(), **_machines()},
    }


def _now() -> dict[str, Any]:
    return {
        "/api/state": {"get": _operation("The present state.", _json(_STATE))},
        "/api/tracks": {
            "get": _operation("The names of the tracks, 500 at a time.", _json(_TRACKS), (422,), [_FROM]),
        },
        "/api/events": {"get": _operation("All events, as server-sent events.", _content("text/event-stream"), (503,))},
    }


def _commands() -> dict[str, Any]:
    done = _json(_object({"ok": {"const": True}}))
    return {spec.path: {"post": _post(spec.summary, _fields(spec), done)} for spec in COMMANDS if spec.path is not None}


def _fields(spec: CommandSpec) -> _Schema:
    return _strict({spec.key: _value(spec)}, dict.fromkeys(spec.options, _MAYBE_NAME))


def _value(spec: CommandSpec) -> _Schema:
    """Return the schema of a command's value."""
    match spec.kind:
        case "number":
            limits = spec.limits
            return _NUMBER | ({"minimum": limits.low, "maximum": limits.high} if limits else {})
        case "text":  # true and false are ON and OFF
            return {"type": ["string", "boolean"], "maxLength": LONGEST_TEXT, "minLength": 1}
        case "flag":
            return _FLAG
        case "any":
            return {}


def _session() -> dict[str, Any]:
    session = _object({"logged_in": _FLAG, "password": _FLAG, "csrf": _MAYBE_TEXT}, {"advice": _TEXT})
    done = _json(_object({"ok": {"const": True}}))
    log_in = _post(
        "Begin a session, with a cookie.", _object({"password": {"type": "string", "maxLength": LONGEST}}), done
    )
    return {
        "/api/session": {"get": _operation("Whether the page is logged in; the token for commands.", _json(session))},
        "/api/login": {"post": log_in},
        "/api/logout": {"post": _post("End the session.", {"type": "object"}, done)},
    }


def _records() -> dict[str, Any]:
    records = {"type": "array", "items": _RECORD}
    episodes = {"anyOf": [_object({"episodes": records}), records]}  # the list with ?format=json
    clips = _object({"clips": {"type": "array", "items": _CLIP}})
    whole = [_DATE, _LANGUAGE]
    deletion = {"oneOf": [_strict({"episode": _NAME | {"minLength": 1}}), _strict({"all": {"const": True}})]}
    reads = {
        "/api/episodes": ("The episodes of crying, oldest first.", _json(episodes) | _content("text/csv"), _TIMES),
        "/day.svg": ("Timeline of the 24 hours until noon of a day.", _content("image/svg+xml"), whole),
        "/week.svg": ("Timelines of the seven days until noon of a day.", _content("image/svg+xml"), whole),
        "/nights.css": ("Style sheet of the timelines.", _content("text/css"), []),
        "/report": ("The morning report.", _content("text/html"), whole),
        "/report.png": ("The morning report as a picture.", _content("image/png"), whole),
        "/api/clips": ("The recorded clips.", _json(clips), []),
        "/clips/{episode}.flac": ("The clip of an episode.", _content("audio/flac"), [_EPISODE]),
        "/clips/{episode}.svg": ("Spectrogram of a clip.", _content("image/svg+xml"), [_EPISODE]),
    }
    operations = {
        path: {"get": _operation(what, answer, (404, 422), parameters)}
        for path, (what, answer, parameters) in reads.items()
    }
    deleted = _json(_object({"ok": {"const": True}, "deleted": {"type": "integer"}}))
    return {**operations, "/api/clips/delete": {"post": _post("Delete one clip or all.", deletion, deleted, (404,))}}


_TIMES: Final = [
    {"name": key, "in": "query", "description": "2026-11-24T02:00, or seconds since 1970-01-01 UTC.", "schema": _TEXT}
    for key in ("since", "until")
] + [{"name": "format", "in": "query", "description": "Answer with a file.", "schema": {"enum": ["csv", "json"]}}]


def _machines() -> dict[str, Any]:
    listening = _json(_object({"ok": _FLAG}))
    healthz = _operation("200 only while a cry would be heard.", listening)
    healthz["responses"]["503"] = {"description": "A cry would not be heard.", "content": listening}
    return {
        "/healthz": {"get": healthz},
        "/metrics": {"get": _operation("Metrics for Prometheus.", _content("text/plain"))},
        "/openapi.json": {"get": _operation("This document.", _json({"type": "object"}))},
    }


def _post(what: str, body: _Schema, answer: dict[str, Any], more: tuple[int, ...] = ()) -> dict[str, Any]:
    operation = _operation(what, answer, (400, 409, 413, 415, 422, *more))
    return operation | {"requestBody": {"required": True, "content": _json(body)}}


def _operation(
    what: str, answer: dict[str, Any], mistakes: tuple[int, ...] = (), parameters: list[_Schema] | None = None
) -> dict[str, Any]:
    refused = {"$ref": "#/components/schemas/Mistake"}
    refusals = {
        str(status): {"description": _WHY[status], "content": _json(refused)}
        for status in (401, 403, 408, 429, 503, *mistakes)
    }
    answers = {"200": {"description": "Success.", "content": answer}, **refusals}
    return {"summary": what, "responses": answers, **({"parameters": parameters} if parameters else {})}


_WHY: Final = {
    400: "The body cannot be decoded.",
    401: "Not logged in.",
    403: "Another host name, another site, no token, or a wrong password.",
    404: "Not found.",
    408: "The request was sent too slowly.",
    409: "The command cannot be executed now.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "A value is not allowed; `error` says which are.",
    429: "Too many wrong passwords.",
    503: "Too many pages are open, or the password's file cannot be used.",
}


def _json(schema: _Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _content(kind: str) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string"}}}
