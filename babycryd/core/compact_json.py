"""PURE. Compact JSON that every reader takes: a number that is not finite becomes null."""

import json
import math
from collections.abc import Mapping
from typing import Any


def compact_json(content: object, *, ensure_ascii: bool = True) -> str:
    """Return JSON without spaces. Minus infinity is the level of silence, which JSON does not know.

    `ensure_ascii`: escape all other characters, also lone surrogates. Raises TypeError for what JSON cannot hold.
    """
    try:
        return json.dumps(content, separators=(",", ":"), ensure_ascii=ensure_ascii, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(content), separators=(",", ":"), ensure_ascii=ensure_ascii)


def _finite(content: Any) -> Any:
    """Return the content with None for each number that is not finite."""
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
