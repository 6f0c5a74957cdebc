"""PURE. Export of episodes as a file for other programs: CSV for a spreadsheet, JSON for anything else."""

import csv
import dataclasses
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from babycryd.core.records import Episode, Lullaby, SoundTried, TextForm, sounded
from babycryd.i18n import DEFAULT, sound_title

COLUMNS: Final = (
    "id",
    "started_at",
    "ended_at",
    "duration_s",
    "settled_in_s",
    "reason",
    "confidence",
    "peak_level_dbfs",
    "mean_level_dbfs",
    "windows",
    "positive_windows",
    "lullabies",
    "cry",
    "route",
    "model_sha256",
)
_ROUNDED: Final = {"duration_s": 2, "settled_in_s": 2, "took_s": 2, "confidence": 4}


def export(episodes: Sequence[Episode], form: TextForm, language: str = DEFAULT) -> bytes:
    """Return a file in UTF-8. Times are ISO-8601, UTC; `cry` is the owner's mark: true, false, or empty.

    `language`: of the sounds' titles.
    """
    return (_csv(episodes, language) if form == "csv" else _json(episodes, language)).encode()


def as_fields(episode: Episode, language: str) -> dict[str, Any]:
    """Return every field of an episode, JSON-ready."""
    fields = {name: _rounded(name, getattr(episode, name)) for name in COLUMNS if hasattr(episode, name)}
    fields |= {
        "started_at": iso(episode.started_utc_s),
        "ended_at": None if episode.ended_utc_s is None else iso(episode.ended_utc_s),
        "lullabies": [_lullaby(each, language) for each in episode.lullabies if sounded(each)],
    }
    return {name: fields[name] for name in COLUMNS} | {
        "score_step_s": episode.score_step_s,
        "scores": list(episode.scores),
        "sounds": [_sound(each, language) for each in episode.sounds],
    }


def iso(utc_s: float) -> str:
    """Return a time as `2026-11-22T02:13:05.250+00:00`."""
    return datetime.fromtimestamp(round(utc_s, 3), UTC).isoformat(timespec="milliseconds")


class _Lines(list[str]):
    """List in place of a file: the CSV writer calls only `write`."""

    write = list.append


def _csv(episodes: Sequence[Episode], language: str) -> str:
    lines = _Lines()
    rows = csv.writer(lines)
    rows.writerow((*COLUMNS, "titles"))
    rows.writerows(list(_cells(as_fields(each, language))) for each in episodes)
    return "".join(lines)


def _cells(fields: dict[str, Any]) -> Iterator[Any]:
    for name, value in fields.items():
        if name == "lullabies":
            yield _inert("; ".join(each["track"] for each in value))
        elif name == "cry":
            yield {True: "true", False: "false", None: ""}[value]
        elif name in COLUMNS:
            yield "" if value is None else value
    yield _inert("; ".join(each["title"] for each in fields["lullabies"]))


def _inert(text: str) -> str:
    """Quote a text that a spreadsheet would take for a formula; a track may have any name."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _json(episodes: Sequence[Episode], language: str) -> str:
    return json.dumps([as_fields(each, language) for each in episodes], indent=1, ensure_ascii=False) + "\n"


def _sound(tried: SoundTried, language: str) -> dict[str, Any]:
    return {
        "sound": tried.sound,
        "title": sound_title(language, tried.sound),
        "step": tried.step,
        "outcome": tried.outcome,
        "took_s": _rounded("took_s", tried.took_s),
    }


def _lullaby(lullaby: Lullaby, language: str) -> dict[str, Any]:
    fields = dataclasses.asdict(lullaby) | {"title": sound_title(language, lullaby.track)}
    for name in ("started", "stopped"):
        utc_s = fields.pop(f"{name}_utc_s")
        fields[f"{name}_at"] = None if utc_s is None else iso(utc_s)
    return fields


def _rounded(name: str, value: Any) -> Any:
    return round(value, _ROUNDED[name]) if name in _ROUNDED and value is not None else value
