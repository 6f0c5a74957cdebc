"""Reading, writing once and deleting objects. Raises google's exceptions where another try may help."""

import functools
import json
import os
from typing import Any, Final

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

_TIMEOUT_S: Final = (3.0, 10.0)


@functools.cache
def _client() -> Any:
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        anybody = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return storage.Client(project="test", credentials=anybody)
    return storage.Client()


def read(bucket: str, name: str, most_bytes: int | None = None) -> bytes | None:
    """Its content, its checksum compared, `most_bytes` of it at most; None where it is not there."""
    blob = _client().bucket(bucket).blob(name)
    end = None if most_bytes is None else most_bytes - 1
    try:
        content: bytes = blob.download_as_bytes(end=end, checksum="crc32c", timeout=_TIMEOUT_S, retry=None)
    except NotFound:
        return None
    return content


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


def delete(bucket: str, name: str) -> None:
    """Gone already is gone too."""
    try:
        _client().bucket(bucket).blob(name).delete(timeout=_TIMEOUT_S, retry=None)
    except NotFound:
        return
