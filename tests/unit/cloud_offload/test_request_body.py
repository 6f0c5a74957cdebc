"""JSON is refused by its structure, which is told from its strings in one pass over the bytes."""

import time

import pytest
from request_body import MOST_DEPTH, MOST_STRUCTURE_BYTES, TooComplex, check_structure


def is_refused(body: bytes) -> bool:
    try:
        check_structure(body)
    except TooComplex:
        return True
    return False


@pytest.mark.parametrize(
    "body",
    [
        b"[" * MOST_DEPTH + b'"[[["' + b"]" * MOST_DEPTH,
        b'{"a": "' + b"{}," * MOST_STRUCTURE_BYTES + b'"}',
        rb'["\\", "\"[[[[[[[[[[[[[[[[[[[[[", "\\\""]',
        b"",
        b'"',
        b'"\\',
    ],
)
def test_what_is_within_strings_is_no_structure(body: bytes) -> None:
    assert not is_refused(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * (MOST_DEPTH + 1),
        b'["\\\\", ' + b"[" * MOST_DEPTH,
        b"1," * MOST_STRUCTURE_BYTES,
        b'""' * MOST_STRUCTURE_BYTES,
        b"[\0]",
    ],
)
def test_too_much_structure_is_refused(body: bytes) -> None:
    assert is_refused(body)


def test_the_check_takes_time_in_proportion_to_the_bytes() -> None:
    begun_s = time.process_time()
    check_structure(b'"' + b'\\"' * 4_000_000)
    assert time.process_time() - begun_s < 2
