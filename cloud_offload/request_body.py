"""Limits of a request's body: bytes before it is read, structure and depth before it is parsed. No I/O."""

import re
from collections.abc import Iterator
from typing import Final

import flask

MOST_EVENT_BYTES: Final = 64_000  # a storage event has 1 to 2 kB, and at most 8 kB of metadata
MOST_STRUCTURE_BYTES: Final = 64_000  # outside of strings: what makes objects, each of which takes 70 bytes or more
MOST_DEPTH: Final = 16
# One JSON string; or, where its end is missing, all that is left. Possessive: it never looks at a byte twice
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class TooComplex(ValueError):  # noqa: N818  # it says what is so
    """Parsing it would take more memory than its bytes suggest."""


def check_structure(body: bytes) -> None:
    """Raises TooComplex for JSON that is nested deeper than MOST_DEPTH, or has too much outside of its strings."""
    if b"\0" in body:  # UTF-16 or UTF-32, whose quotes are not found by their bytes
        raise TooComplex("it must be UTF-8")
    depth = n_bytes = end = 0
    for start, following in _gaps(body):
        n_bytes += start - end + 1  # the string counts, too: adjacent ones are no JSON, and take seconds to look at
        if n_bytes > MOST_STRUCTURE_BYTES:
            raise TooComplex(f"it has more than {MOST_STRUCTURE_BYTES} bytes outside of strings")
        for sign in body[end:start]:
            depth += (sign in b"[{") - (sign in b"]}")
            if depth > MOST_DEPTH:
                raise TooComplex(f"it is nested deeper than {MOST_DEPTH}")
        end = following


def read_body(most_bytes: int) -> bytes:
    """The body of the current request; ends it with 413 where there is more of it, said or sent in chunks."""
    flask.request.max_content_length = most_bytes + 1  # of chunks Werkzeug takes so many, and leaves the rest unsaid
    body = flask.request.get_data()
    if len(body) > most_bytes:
        flask.abort(413)
    return body


def limit_events(app: flask.Flask) -> None:
    """Makes the functions framework refuse a body that is no storage event, before it is parsed."""

    def check() -> None:
        try:
            check_structure(read_body(MOST_EVENT_BYTES))
        except TooComplex as error:
            flask.abort(400, description=str(error))

    app.before_request(check)


def _gaps(body: bytes) -> Iterator[tuple[int, int]]:
    """Where each string begins and what follows it; at last the end."""
    for found in _STRING.finditer(body):
        yield found.start(), found.end()
    yield len(body), len(body)
