"""PURE. Response of the cloud function about a piece, accepted only where it fits the piece."""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from babycryd.audio.format import HOP_S, SAMPLE_RATE_HZ
from babycryd.detect.scoring import EMBEDDING, Piece, Scored

SCHEMA: Final = 1
LONGEST: Final = 256_000  # bytes; a piece's answer has some 2 kB
_LONGEST_MS: Final = 3_600_000  # no function may run for longer
_SAME_S: Final = 0.05  # times that differ by less mean the same window


class ResponseError(Exception):
    """The answer cannot be read or is about other sound; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Response:
    """Scores of a piece."""

    scored: list[Scored | None]  # one a hop; None where too little sound came before it
    function_s: float  # the function's time, by its own clock


def read_response(payload: bytes, name: str, piece: Piece) -> Response:
    """Return the response about the piece of that name. Raises ResponseError."""
    fields = _parsed(payload, name)
    windows = fields.get("windows")
    if not isinstance(windows, list):
        raise ResponseError("it has no windows")
    scored = dict(_window(each) for each in windows)
    end_s = piece.start_s + len(piece.samples) / SAMPLE_RATE_HZ
    hops_s = [end_s - HOP_S * (piece.n_hops - 1 - index) for index in range(piece.n_hops)]
    answers = [_nearest(scored, at_s) for at_s in hops_s]
    if scored and not any(answers):
        raise ResponseError("its windows are of another time")
    return Response(answers, _elapsed_s(fields.get("elapsed_ms")))


def _elapsed_s(elapsed_ms: object) -> float:
    """Return seconds; 0 for an impossible value, since only the estimate of the cost uses it."""
    known = isinstance(elapsed_ms, int | float) and 0 <= elapsed_ms < _LONGEST_MS
    return float(elapsed_ms) / 1000 if known else 0.0  # type: ignore[arg-type]  # it is a number


def _parsed(payload: bytes, name: str) -> dict[str, Any]:
    if len(payload) > LONGEST:
        raise ResponseError(f"it has {len(payload)} bytes")
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        raise ResponseError("it is not JSON") from None
    if not isinstance(fields, dict):
        raise ResponseError("it is not a JSON object")
    if "error" in fields:
        raise ResponseError(f"the function says: {str(fields['error'])[:200]}")
    if fields.get("schema") != SCHEMA:
        raise ResponseError(f"its schema is {fields.get('schema')!r:.40}, not {SCHEMA}")
    if fields.get("segment") != name:
        raise ResponseError("it is about another piece")
    return fields


def _window(window: object) -> tuple[float, Scored]:
    try:
        assert isinstance(window, dict)
        at_s, score = float(window["at_s"]), float(window["score"])
        both = None if window.get("both") is None else float(window["both"])
        embedding = np.frombuffer(base64.b64decode(window["embedding"], validate=True), "<f2").astype(np.float32)
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        raise ResponseError("one of its windows cannot be read") from None
    possible = 0 <= score <= 1 and (both is None or 0 <= both <= 1) and math.isfinite(at_s)
    if not (possible and len(embedding) == EMBEDDING and np.isfinite(embedding).all()):
        raise ResponseError("one of its windows has impossible values")
    return at_s, Scored(score, embedding, both)


def _nearest(scored: dict[float, Scored], at_s: float) -> Scored | None:
    found = min(scored, key=lambda each: abs(each - at_s), default=None)
    return scored[found] if found is not None and abs(found - at_s) < _SAME_S else None
