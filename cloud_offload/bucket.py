"""Reading, writing once and deleting objects. Raises google's exceptions where another try may help."""

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
        anybody = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return storage.Client(project="test", credentials=anybody)
    return storage.Client()


class TooLarge(Exception):  # noqa: N818  # it says what is so
    """There is more of it than was said."""


class _Bounded(io.BytesIO):
    """What is written to it, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._most_bytes = most_bytes

    def write(self, content: Any) -> int:
        if self.tell() + len(content) > self._most_bytes:
            raise TooLarge(f"it has more than {self._most_bytes} bytes")
        return super().write(content)


def read(bucket: str, name: str, generation: int | None = None, most_bytes: int = _MOST_BYTES) -> bytes | None:
    """Its content, its checksum compared; None where it, or this generation of it, is not there. Raises TooLarge.

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
    """False where there is one already, which stays."""
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
    """This generation of it, or any. Gone already is gone too, and what came in its place stays."""
    try:
        _client().bucket(bucket).blob(name).delete(if_generation_match=generation, timeout=_TIMEOUT_S, retry=None)
    except (NotFound, PreconditionFailed):
        return
