"""Bucket: reads, writes once and deletes objects. Raises google's exceptions where another try may help."""

import functools
import io
import json
import os
from typing import Any, Final

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

_TIMEOUT_S: Final = (3.0, 10.0)
_MOST_BYTES: Final = 64_000_000  # of a model, say


@functools.cache
def _client() -> Any:
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return storage.Client(project="test", credentials=anonymous)
    return storage.Client()


class TooLarge(Exception):  # noqa: N818  # a fact, not an error
    """An object is larger than its size says."""


class _Bounded(io.BytesIO):
    """Buffer of limited size."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._most_bytes = most_bytes

    def write(self, content: Any) -> int:
        if self.tell() + len(content) > self._most_bytes:
            raise TooLarge(f"it has more than {self._most_bytes} bytes")
        return super().write(content)


def read(bucket: str, name: str, generation: int | None = None, most_bytes: int = _MOST_BYTES) -> bytes | None:
    """Content of an object, its checksum compared; None where it, or this generation, is gone. Raises TooLarge.

    All of it, never a range: the checksum is about the whole, and the library compares none for a part.
    """
    blob = _client().bucket(bucket).blob(name, generation=generation)
    file = _Bounded(most_bytes)
    try:
        blob.download_to_file(file, checksum="crc32c", timeout=_TIMEOUT_S, retry=None)
    except NotFound:
        return None
    return file.getvalue()


def write_once(bucket: str, name: str, answer: dict[str, Any]) -> bool:
    """Writes a new object; False where there is one already, which stays."""
    blob = _client().bucket(bucket).blob(name)
    try:
        blob.upload_from_string(
            json.dumps(answer),
            content_type="application/json",
            if_generation_match=0,
            checksum="crc32c",
            timeout=_TIMEOUT_S,
            retry=None,
        )
    except PreconditionFailed:
        return False
    return True


def delete(bucket: str, name: str, generation: int | None = None) -> None:
    """Deletes this generation of an object, or any; one that is gone already is no error, and a newer one stays."""
    try:
        _client().bucket(bucket).blob(name).delete(if_generation_match=generation, timeout=_TIMEOUT_S, retry=None)
    except (NotFound, PreconditionFailed):
        return
