"""Nights, episodes and clips in the OpenAPI document."""

from typing import Any, Final

from babycryd.i18n import LANGUAGES
from babycryd.web import openapi_parts as parts

_LANGUAGE: Final[parts.Schema] = {"name": "language", "in": "query", "schema": {"enum": list(LANGUAGES)}}
_DATE: Final[parts.Schema] = {
    "name": "date",
    "in": "query",
    "description": "Day of the morning, 2026-11-24; default: of the last night that has begun.",
    "schema": {"type": "string", "format": "date"},
}
_EPISODE: Final[parts.Schema] = {"name": "episode", "in": "path", "required": True, "schema": parts.NAME}
_RECORD: Final = parts.schema_of(
    {
        "id": parts.TEXT,
        "started_utc_s": parts.NUMBER,
        "duration_s": parts.NUMBER,
        "confidence": parts.NUMBER,
        "ended_utc_s": parts.MAYBE_NUMBER,
    }
)
_CLIP: Final = parts.schema_of(
    {
        "episode": parts.TEXT,
        "started_utc_s": parts.NUMBER,
        "length_s": parts.NUMBER,
        "n_bytes": {"type": "integer"},
        "lead_in_s": parts.NUMBER,
    }
)
_TIMES: Final = [
    {
        "name": key,
        "in": "query",
        "description": "2026-11-24T02:00, or seconds since 1970-01-01 UTC.",
        "schema": parts.TEXT,
    }
    for key in ("since", "until")
] + [{"name": "format", "in": "query", "description": "Answer with a file.", "schema": {"enum": ["csv", "json"]}}]


def records_paths() -> dict[str, Any]:
    """Return the paths of the records."""
    records = {"type": "array", "items": _RECORD}
    episodes = {"anyOf": [parts.schema_of({"episodes": records}), records]}  # the list with ?format=json
    clips = parts.schema_of({"clips": {"type": "array", "items": _CLIP}})
    whole = [_DATE, _LANGUAGE]
    deletion = {
        "oneOf": [parts.strict({"episode": parts.NAME | {"minLength": 1}}), parts.strict({"all": {"const": True}})]
    }
    reads = {
        "/api/episodes": (
            "The episodes of crying, oldest first.",
            parts.json_content(episodes) | parts.content("text/csv"),
            _TIMES,
        ),
        "/api/nights": (
            "The night before a day in words, figures and pictures, and thirty nights.",
            parts.json_content({"type": "object"}),
            whole,
        ),
        "/api/week": (
            "The digest of the seven days until the morning of a day, in up to five sentences.",
            parts.json_content(
                parts.schema_of({"title": parts.TEXT, "sentences": {"type": "array", "items": parts.TEXT}})
            ),
            whole,
        ),
        "/day.svg": ("Timeline of the 24 hours until noon of a day.", parts.content("image/svg+xml"), whole),
        "/week.svg": ("Timelines of the seven days until noon of a day.", parts.content("image/svg+xml"), whole),
        "/nights.css": ("Style sheet of the timelines.", parts.content("text/css"), []),
        "/report": ("The morning report.", parts.content("text/html"), whole),
        "/report.png": ("The morning report as a picture.", parts.content("image/png"), whole),
        "/api/clips": ("The recorded clips.", parts.json_content(clips), []),
        "/clips/{episode}.flac": ("The clip of an episode.", parts.content("audio/flac"), [_EPISODE]),
        "/clips/{episode}.svg": ("Spectrogram of a clip.", parts.content("image/svg+xml"), [_EPISODE]),
    }
    operations = {
        path: {"get": parts.operation(what, answer, (404, 422), parameters)}
        for path, (what, answer, parameters) in reads.items()
    }
    deleted = parts.json_content(parts.schema_of({"ok": {"const": True}, "deleted": {"type": "integer"}}))
    return {
        **operations,
        "/api/clips/delete": {"post": parts.post("Delete one clip or all.", deletion, deleted, (404,))},
    }
