"""Client of the owner's bucket. google-cloud-storage takes 40 MB, so it is imported with the first piece."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar

T = TypeVar("T")

_CONNECT_S: Final = 3.0
_NOT_YET: Final = "there is no answer yet, or its account may not read predictions/"
_MAY: Final = {  # what the key of a section of the configuration must allow
    "offload": "write recordings/ and read predictions/",
    "model_channel": "read the folder of the models",
}
_SCOPES: Final = ("https://www.googleapis.com/auth/devstorage.read_write",)


class BucketError(Exception):
    """A request failed; the text says why."""

    def __init__(
        self, text: str, *, transient: bool, refused: bool = True, exists: bool = False, forbidden: bool = False
    ) -> None:
        """`transient`: may work in a moment; `refused`: surely nothing arrived; `exists`: the object is there already.

        `forbidden`: no right to the object, or none to know whether it is there.
        """
        super().__init__(text)
        self.transient = transient
        self.refused = refused
        self.exists = exists
        self.forbidden = forbidden


class Bucket:
    """Blocking client of one bucket; each call keeps to its own time limit."""

    def __init__(self, name: str, key: str | None, section: Literal["offload", "model_channel"] = "offload") -> None:
        """`key`: the text of a service account's key file; None takes what the environment offers.

        `section`: of the configuration that names bucket and key, for errors.
        """
        self._name = name
        self._section = section
        self._key = key
        self._bucket: Any = None

    def open(self) -> None:
        """Load the library and read the key, without the network; takes seconds on a busy Pi. Raises BucketError."""
        self._do(self._opened)

    def put(self, name: str, content: bytes, metadata: Mapping[str, str], limit_s: float) -> None:
        """Write a new object, whose checksum the bucket compares. Raises BucketError, also where it exists already."""

        def upload() -> None:
            blob = self._opened().blob(name)
            blob.metadata = dict(metadata)
            blob.upload_from_string(
                content,
                content_type="audio/flac",
                if_generation_match=0,
                checksum="crc32c",
                timeout=_timeout(limit_s),
                retry=None,
            )

        self._do(upload)

    def get(self, name: str, limit_s: float) -> bytes | None:
        """Return the content of an object, its checksum compared; None where it is not there (yet). Raises BucketError.

        A 403 is transient here: an account with few rights gets it for an object that does not exist yet.
        """

        def download() -> bytes | None:
            from google.api_core.exceptions import NotFound

            try:
                blob = self._opened().blob(name)
                content: bytes = blob.download_as_bytes(checksum="crc32c", timeout=_timeout(limit_s), retry=None)
            except NotFound as error:
                if "bucket does not exist" in str(error):  # as Google says it
                    raise
                return None
            return content

        return self._do(download, passing=(403,))

    def get_bounded(self, name: str, most_bytes: int, limit_s: float) -> bytes | None:
        """Return at most `most_bytes` of an object, whose checksum the caller compares; None where it is not there.

        Raises BucketError.
        """

        def download() -> bytes | None:
            from google.api_core.exceptions import NotFound

            try:
                content: bytes = (
                    self._opened()
                    .blob(name)
                    .download_as_bytes(end=most_bytes - 1, checksum=None, timeout=_timeout(limit_s), retry=None)
                )
            except NotFound as error:
                if "bucket does not exist" in str(error):
                    raise
                return None
            return content

        return self._do(download)

    def _do(self, work: Callable[[], T], passing: tuple[int, ...] = ()) -> T:
        """Return the result of `work`. Raises BucketError; a status code in `passing` is transient."""
        try:
            import google.cloud.storage  # noqa: F401  # is it there?
        except ImportError as missing:
            remedy = "google-cloud-storage is missing: pip install 'babycryd[cloud]'"
            raise BucketError(remedy, transient=False) from missing
        from google.api_core.exceptions import GoogleAPICallError
        from google.auth.exceptions import GoogleAuthError
        from google.resumable_media import DataCorruption, InvalidResponse
        from requests.exceptions import RequestException

        try:
            return work()
        except GoogleAPICallError as error:
            raise self._refusal(error, passing) from error
        except DataCorruption as error:
            raise BucketError(
                f"the answer of the bucket {self._name} was damaged on its way", transient=True
            ) from error
        except InvalidResponse as error:
            raise BucketError(f"the bucket {self._name} answers nonsense", transient=True) from error
        except GoogleAuthError as error:
            raise _key_trouble(error, self._section) from error
        except RequestException as error:
            text = f"the cloud cannot be reached ({type(error).__name__})"
            raise BucketError(text, transient=True, refused=_never_connected(error)) from error

    def _refusal(self, error: Any, passing: tuple[int, ...]) -> BucketError:
        """Return the error that a GoogleAPICallError means."""
        code = error.code or 0
        transient = code == 429 or code >= 500 or code in passing
        why = _NOT_YET if code in passing else _remedy(code, self._section)
        text = f"the bucket {self._name} answers {code} ({why})"
        return BucketError(text, transient=transient, exists=code == 412, forbidden=code == 403)

    def _opened(self) -> Any:
        if self._bucket is None:
            from google.cloud import storage

            self._bucket = storage.Client(project="unused", credentials=self._credentials()).bucket(self._name)
        return self._bucket

    def _credentials(self) -> Any:
        if self._key is None and os.environ.get("STORAGE_EMULATOR_HOST"):
            from google.auth.credentials import AnonymousCredentials

            return AnonymousCredentials()  # type: ignore[no-untyped-call]
        if self._key is None:
            import google.auth

            return google.auth.default(scopes=_SCOPES)[0]
        from google.oauth2.service_account import Credentials

        try:
            return Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                json.loads(self._key), scopes=_SCOPES
            )
        except (ValueError, TypeError, AttributeError) as error:  # the latter of JSON that is no object
            raise BucketError(f"{self._section}.key_file is no service account's key", transient=False) from error


def _timeout(limit_s: float) -> tuple[float, float]:
    return min(_CONNECT_S, limit_s), limit_s


def _key_trouble(error: Any, section: str) -> BucketError:
    """Return the error that a GoogleAuthError means."""
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError):
        return BucketError("the cloud cannot be reached for a token", transient=True)
    why = str(error.args[0] if error.args else error)[:200]
    remedy = f"check {section}.key_file, and this computer's clock"
    return BucketError(f"the key for the bucket is not accepted ({why}): {remedy}", transient=error.retryable)


def _never_connected(error: Exception) -> bool:
    from requests.exceptions import ConnectTimeout
    from urllib3.exceptions import NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, ConnectTimeout) or isinstance(reason, NewConnectionError)


def _remedy(code: int, section: str) -> str:
    match code:
        case 401 | 403:
            return f"check {section}.key_file, and that its account may {_MAY[section]}"
        case 404:
            return "check offload.bucket" if section == "offload" else f"check {section}.source"
        case 412:
            return "there is one of that name already"
        case 429:
            return "too many requests"
        case _:
            return "its own trouble" if code >= 500 else "it refuses the request"
