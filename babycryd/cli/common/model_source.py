"""Source of new models that the settings name: a folder here, or a bucket."""

import os
from pathlib import Path
from typing import Final

from babycryd.config import Settings
from babycryd.config.access import models_key
from babycryd.model_channel.source import FolderSource, ModelSource, SourceError
from babycryd.offload.bucket import Bucket, BucketError

_GS: Final = "gs://"
_LIMIT_S: Final = 60.0  # for one file, the largest of which has some megabytes


class BucketSource:
    """Source in a bucket, below a prefix."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix

    def read(self, name: str, largest_bytes: int) -> bytes | None:
        try:
            content = self._bucket.get_bounded(self._prefix + name, largest_bytes + 1, _LIMIT_S)
        except BucketError as error:
            raise SourceError(str(error)) from error
        if content is not None and len(content) > largest_bytes:
            raise SourceError(f"{name} is larger than {largest_bytes // 1000} kB, too large for a file of this kind")
        return content


def model_source(settings: Settings) -> ModelSource:
    """Return the source of `model_channel.source`. Raises SourceError, ConfigError."""
    named = settings.model_channel.source
    if not named:
        raise SourceError("there is no model channel: set model_channel.source and public_key (docs/cloud.md)")
    if not named.startswith(_GS):
        return FolderSource(Path(named).expanduser())
    bucket, _, folder = named.removeprefix(_GS).partition("/")
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    return BucketSource(Bucket(bucket, models_key(settings, os.environ), "model_channel"), prefix)
