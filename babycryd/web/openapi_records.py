"""Nights, episodes and clips in the OpenAPI document."""

from typing import Any, Final

from babycryd.i18n import LANGUAGES
from babycryd.web.openapi_parts import (
    MAYBE_NUMBER,
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

_LANGUAGE: Final[Schema] = {"name": "language", "in": "query", "schema": {"enum": list(LANGUAGES)}}
_DATE: Final[Schema] = {
    "name": "date",
    "in": "query",
    "description": "Day of the morning, 2026-11-24; default: today.",
    "schema": {"type": "string", "format": "date"},
}
_EPISODE: Final[Schema] = {"name": "episode", "in": "path", "required": True, "schema": NAME}
_RECORD: Final = schema_of(
    {"id": TEXT, "started_utc_s": NUMBER, "duration_s": NUMBER, "confidence": NUMBER, "ended_utc_s": MAYBE_NUMBER}
)
_CLIP: Final = schema_of(
    {
        "episode": TEXT,
        "started_utc_s": NUMBER,
        "length_s": NUMBER,
        "n_bytes": {"type": "integer"},
        "lead_in_s": NUMBER,
    }
)
_TIMES: Final = [
    {"name": key, "in": "query", "description": "2026-11-24T02:00, or seconds since 1970-01-01 UTC.", "schema": TEXT}
    for key in ("since", "until")
] + [{"name": "format", "in": "query", "description": "Answer with a file.", "schema": {"enum": ["csv", "json"]}}]


def records_paths() -> dict[str, Any]:
    """Return the paths of the records."""
    records = {"type": "array", "items": _RECORD}
    episodes = {"anyOf": [schema_of({"episodes": records}), records]}  # the list with ?format=json
    clips = schema_of({"clips": {"type": "array", "items": _CLIP}})
    whole = [_DATE, _LANGUAGE]
    deletion = {"oneOf": [strict({"episode": NAME | {"minLength": 1}}), strict({"all": {"const": True}})]}
    reads = {
        "/api/episodes": (
            "The episodes of crying, oldest first.",
            json_content(episodes) | content("text/csv"),
            _TIMES,
        ),
        "/api/nights": (
            "The night before a day in words, figures and pictures, and thirty nights.",
            json_content({"type": "object"}),
            whole,
        ),
        "/api/week": (
            "The digest of the seven days until the morning of a day, in up to five sentences.",
            json_content(schema_of({"title": TEXT, "sentences": {"type": "array", "items": TEXT}})),
            whole,
        ),
        "/day.svg": ("Timeline of the 24 hours until noon of a day.", content("image/svg+xml"), whole),
        "/week.svg": ("Timelines of the seven days until noon of a day.", content("image/svg+xml"), whole),
        "/nights.css": ("Style sheet of the timelines.", content("text/css"), []),
        "/report": ("The morning report.", content("text/html"), whole),
        "/report.png": ("The morning report as a picture.", content("image/png"), whole),
        "/api/clips": ("The recorded clips.", json_content(clips), []),
        "/clips/{episode}.flac": ("The clip of an episode.", content("audio/flac"), [_EPISODE]),
        "/clips/{episode}.svg": ("Spectrogram of a clip.", content("image/svg+xml"), [_EPISODE]),
    }
    operations = {
        path: {"get": operation(what, answer, (404, 422), parameters)}
        for path, (what, answer, parameters) in reads.items()
    }
    deleted = json_content(schema_of({"ok": {"const": True}, "deleted": {"type": "integer"}}))
    return {**operations, "/api/clips/delete": {"post": post("Delete one clip or all.", deletion, deleted, (404,))}}
