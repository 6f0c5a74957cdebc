"""The classifier: the package's, or one in a bucket whose checksum is named; read once in an instance's life."""

import functools
import os

import bucket

from babycryd.detect.tflite import TfliteClassifier, checked, shipped_classifier


@functools.cache
def classifier() -> TfliteClassifier:
    """The classifier, loaded once. Raises ModelError, and the bucket's errors."""
    uri = os.environ.get("MODEL_URI")
    if not uri:
        return shipped_classifier()
    name = uri.removeprefix("gs://")
    if name == uri or "/" not in name:
        raise ValueError(f"MODEL_URI must be gs://bucket/name, not {uri}")
    holder, _, path = name.partition("/")
    content = bucket.read(holder, path)
    if content is None:
        raise FileNotFoundError(f"there is no {uri}")
    return TfliteClassifier(checked(content, os.environ.get("MODEL_SHA256", ""), uri), uri)
