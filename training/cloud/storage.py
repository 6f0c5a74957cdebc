"""Client of a Cloud Storage bucket: lists, writes and reads objects with their checksums compared.

`STORAGE_EMULATOR_HOST` names an emulator in place of Google's service, without credentials.
"""

import base64
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")
_TIMEOUT_S: Final = (3.0, 60.0)
_TRY_FOR_S: Final = 20.0
_CHUNK: Final = 1 << 20


class CloudError(Exception):
    """A step in the cloud failed; the text has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Size and MD5 of a content, as the bucket keeps them beside each object."""

    n_bytes: int
    md5: str  # base64


def fingerprint(file: Path) -> Fingerprint:
    """Fingerprint of a file. Raises OSError."""
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return Fingerprint(file.stat().st_size, base64.b64encode(digest.digest()).decode())


class Bucket:
    """Blocking client of one bucket. Every method raises CloudError."""

    def __init__(self, name: str, try_for_s: float = _TRY_FOR_S) -> None:
        """`try_for_s`: how long a request is repeated while the service fails."""
        self.name = name
        self._try_for_s = try_for_s
        self._opened: Any = None

    def objects(self, prefix: str) -> dict[str, Fingerprint]:
        """Fingerprints of the objects below a prefix, by name."""

        def listed() -> dict[str, Fingerprint]:
            blobs = self._bucket().list_blobs(prefix=prefix, timeout=_TIMEOUT_S, retry=self._retry())
            return {blob.name: Fingerprint(int(blob.size), blob.md5_hash) for blob in blobs}

        return self._do(prefix, listed)

    def put(self, name: str, content: bytes | Path) -> None:
        """Write an object, in place of one of that name: as a whole, its checksum compared, or not at all."""

        def write() -> None:
            blob, options = self._bucket().blob(name), {"timeout": _TIMEOUT_S, "retry": self._retry()}
            if isinstance(content, bytes):
                blob.upload_from_string(content, checksum="md5", **options)
            else:
                blob.upload_from_filename(str(content), checksum="md5", **options)

        self._do(name, write)

    def get(self, name: str) -> bytes:
        """Content of an object, its checksum compared."""
        blob = self._bucket().blob(name)
        content: bytes = self._do(
            name, lambda: blob.download_as_bytes(checksum="md5", timeout=_TIMEOUT_S, retry=self._retry())
        )
        return content

    def fetch(self, name: str, file: Path) -> None:
        """Write an object into a file, which is replaced as a whole."""
        partial = file.with_name(f".{file.name}.partial")
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(self.get(name))
        partial.replace(file)

    def _bucket(self) -> Any:
        if self._opened is None:
            self._opened = self._do("", self._client).bucket(self.name)
        return self._opened

    @staticmethod
    def _client() -> Any:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        if os.environ.get("STORAGE_EMULATOR_HOST"):
            anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
            return storage.Client(project="test", credentials=anonymous)
        return storage.Client()

    def _retry(self) -> Any:
        from google.cloud.storage.retry import DEFAULT_RETRY

        return DEFAULT_RETRY.with_timeout(self._try_for_s)

    def _do(self, name: str, work: Callable[[], T]) -> T:
        """Result of `work`. Raises CloudError."""
        try:
            import google.cloud.storage  # noqa: F401  # is it installed?
        except ImportError as missing:
            raise CloudError("google-cloud-storage is missing: pip install -e '.[cloud-training]'") from missing
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import GoogleAuthError
        from google.resumable_media import DataCorruption
        from requests.exceptions import RequestException

        where = f"gs://{self.name}/{name}"
        try:
            return work()
        except GoogleAPICallError as error:
            raise CloudError(f"{where}: the bucket answers {error.code}: {_remedy(error.code or 0)}") from error
        except GoogleAuthError as error:
            raise CloudError(f"{where}: not signed in: gcloud auth application-default login ({error})") from error
        except DataCorruption as error:
            raise CloudError(f"{where}: the content was damaged on its way: run the command again") from error
        except (RequestException, RetryError, OSError) as error:
            why = f"({type(error).__name__})"
            raise CloudError(f"{where}: Cloud Storage cannot be reached {why}: run the command again later") from error


def _remedy(code: int) -> str:
    match code:
        case 401 | 403:
            return "this account may not do that; grant it roles/storage.objectUser on the bucket"
        case 404:
            return "there is no such bucket or object; check the name, or make the bucket"
        case _:
            return "run the command again later"
