"""PURE. JSON form of the memory of soothing."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from babycryd.soothe.sound_memory import JUDGED, MOST_TRIES, Try

SCHEMA: Final = 1
_LONGEST_TEXT: Final = 500  # characters of a track's name


class MemoryFileError(Exception):
    """The file cannot be read or written; the text names it, and says why."""


class NewerMemoryError(MemoryFileError):
    """The file is of a newer babycryd; it must stay as it is."""


class DamagedMemoryError(MemoryFileError):
    """The file holds something else than tries."""


def to_json(tries: Sequence[Try]) -> str:
    """Return JSON with one line a try, so that a person can read it."""
    rows = ",\n ".join(json.dumps(_fields(each)) for each in tries)
    return f'{{"schema": {SCHEMA}, "tries": [\n {rows}\n]}}\n'


def from_json(text: str, name: str) -> tuple[Try, ...]:
    """Return the newest tries in a JSON text; `name`: of its file. Raises DamagedMemoryError, NewerMemoryError."""
    try:
        read = json.loads(text)
        schema = read["schema"]
        if isinstance(schema, int) and schema > SCHEMA:
            raise NewerMemoryError(
                f"{name} was written by a newer babycryd (schema {schema}, this one knows {SCHEMA}): "
                "upgrade babycryd, or move the file away to learn anew"
            )
        return tuple(_try(fields) for fields in read["tries"][-MOST_TRIES:])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
        raise DamagedMemoryError(f"{name} is damaged ({type(broken).__name__}: {broken})") from broken


def _fields(one: Try) -> dict[str, Any]:
    return {
        "utc_s": round(one.utc_s, 1),
        "episode": one.episode,
        "sound": one.sound,
        "night": one.night,
        "outcome": one.outcome,
        "took_s": round(one.took_s, 1),
        "false_alarm": one.false_alarm,
    }


def _try(fields: Mapping[str, Any]) -> Try:
    """Raises KeyError, TypeError, ValueError."""
    utc_s, took_s = float(fields["utc_s"]), float(fields["took_s"])
    episode, sound, outcome = fields["episode"], fields["sound"], fields["outcome"]
    texts = all(isinstance(each, str) and len(each) <= _LONGEST_TEXT for each in (episode, sound or ""))
    flags = all(isinstance(fields[each], bool) for each in ("night", "false_alarm"))
    if not (texts and flags and outcome in JUDGED and math.isfinite(utc_s) and 0 <= took_s < math.inf):
        raise ValueError(f"no try: {str(dict(fields))[:200]}")
    return Try(utc_s, episode, sound, fields["night"], outcome, took_s, fields["false_alarm"])
