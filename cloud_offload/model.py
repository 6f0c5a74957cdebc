"""The models: the package's, or another classifier in a bucket, with its checksum; read once in an instance's life."""

import functools
import os

import bucket
from notes import note

from babycryd.detect.second_opinion import SecondOpinion
from babycryd.detect.second_tflite import shipped_second_opinion
from babycryd.detect.tflite import ModelError, TfliteClassifier, checked, shipped_classifier


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


@functools.cache
def second_opinion() -> SecondOpinion | None:
    """The second opinion without a budget; None beside another classifier, which it is not calibrated for.

    Where it cannot be loaded, the log says why, and the classifier answers alone.
    """
    if os.environ.get("MODEL_URI"):
        return None
    try:
        return shipped_second_opinion()
    except ModelError as error:
        note("WARNING", f"no second opinion: {error}")
        return None
