"""The answer of the cloud is believed only where it fits the question, and nothing in it raises anything else."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babycryd.audio.format import HOP, HOP_S
from babycryd.detect.scoring import EMBEDDING, Piece
from babycryd.offload.response import LONGEST, Response, ResponseError, read_response

PIECE = Piece(1, np.zeros(14 * HOP, np.float32), 5, 100.0, 0.0)
ENDS_S = [100.0 + HOP_S * hop for hop in range(10, 15)]
HEARD = base64.b64encode(np.zeros(EMBEDDING, "<f2").tobytes()).decode()
DEAF = base64.b64encode(np.full(EMBEDDING, np.nan, "<f2").tobytes()).decode()


def window(at_s: Any = ENDS_S[0], score: Any = 0.5, embedding: Any = HEARD, **more: Any) -> dict[str, Any]:
    return {"at_s": at_s, "score": score, "embedding": embedding, **more}


def told(**changes: Any) -> bytes:
    whole = {"schema": 1, "segment": "s1", "windows": [window(at_s) for at_s in ENDS_S], "elapsed_ms": 20.0}
    return json.dumps(whole | changes).encode()


def read(payload: bytes) -> Response:
    return read_response(payload, "s1", PIECE)


def test_what_fits_is_believed() -> None:
    answer = read(told())
    assert [each and each.score for each in answer.scored] == [0.5] * 5
    assert answer.function_s == pytest.approx(0.02)
    assert read(told(windows=[window(ENDS_S[3])])).scored.count(None) == 4
    assert read(told(windows=[])).scored == [None] * 5


def test_the_score_of_both_stages_is_there_where_the_function_has_one() -> None:
    told_both = [window(ENDS_S[0], both=0.9), window(ENDS_S[1], both=None), window(ENDS_S[2])]
    assert [each and each.both for each in read(told(windows=told_both)).scored] == [0.9, None, None, None, None]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b" " * (LONGEST + 1), "256001 bytes"),
        (told(error="it cannot be decoded"), "the function says: it cannot be decoded"),
        (told(schema=2), "its schema is 2, not 1"),
        (told(segment="s2"), "about another piece"),
        (told(windows=None), "has no windows"),
        (told(windows=[7]), "cannot be read"),
        (told(windows=[window(at_s="soon")]), "cannot be read"),
        (told(windows=[window(at_s=10**400)]), "cannot be read"),
        (told(windows=[window(score=None)]), "cannot be read"),
        (told(windows=[window(embedding="%")]), "cannot be read"),
        (told(windows=[window(score=1.5)]), "impossible values"),
        (told(windows=[window(score=float("nan"))]), "impossible values"),
        (told(windows=[window(both=1.5)]), "impossible values"),
        (told(windows=[window(both=float("nan"))]), "impossible values"),
        (told(windows=[window(both="high")]), "cannot be read"),
        (told(windows=[window(embedding="AAAA")]), "cannot be read"),
        (told(windows=[window(embedding="AAAAAA==")]), "impossible values"),
        (told(windows=[window(embedding=DEAF)]), "impossible values"),
        (told(windows=[window(at_s=3700.0)]), "of another time"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(payload: bytes, why: str) -> None:
    with pytest.raises(ResponseError, match=why):
        read(payload)


@pytest.mark.parametrize("elapsed_ms", [None, "long", -1, 10**400, float("inf"), float("nan")])
def test_a_time_that_makes_no_sense_costs_nothing_else(elapsed_ms: object) -> None:
    answer = read(told(elapsed_ms=elapsed_ms))
    assert answer.function_s == 0.0
    assert None not in answer.scored


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(10**400)
JSON = st.recursive(VALUES, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each))
WINDOWS = st.lists(
    st.builds(window, VALUES | st.sampled_from(ENDS_S), VALUES, JSON | st.just(HEARD)) | JSON, max_size=3
)


@given(st.builds(told, windows=WINDOWS | JSON, elapsed_ms=JSON) | JSON.map(lambda each: json.dumps(each).encode()))
def test_nothing_in_it_raises_anything_else(payload: bytes) -> None:
    try:
        answer = read(payload)
    except ResponseError:
        return
    assert len(answer.scored) == PIECE.n_hops
    assert answer.function_s >= 0
