"""Ten thousand events and objects, made up: the function answers or leaves alone, and never touches another place."""

import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import bucket
import main as function
import numpy as np
import pytest
import soundfile
from cloudevents.http import CloudEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babycryd.audio.format import HOP

ATTRIBUTES = {
    "type": "google.cloud.storage.object.v1.finalized",
    "source": "//storage.googleapis.com/projects/_/buckets/b",
    "specversion": "1.0",
    "id": "1",
}
ANSWER_PLACE = re.compile(r"predictions/[a-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,80}\.json", re.ASCII)


def sound(n_samples: int, kind: str, rate_hz: int) -> bytes:
    file = io.BytesIO()
    samples = np.random.default_rng(n_samples).normal(0, 0.1, n_samples)
    soundfile.write(file, samples, rate_hz, format=kind, subtype="PCM_16")
    return file.getvalue()


SOUNDS = [
    sound(n, kind, rate)
    for n in (1, 100, HOP, 5 * HOP, 14 * HOP)
    for kind in ("FLAC", "WAV")
    for rate in (8_000, 16_000)
]
CONTENT = (
    st.binary(max_size=200)
    | st.sampled_from(SOUNDS)
    | st.sampled_from(SOUNDS)
    | st.builds(lambda whole, share: whole[: int(share * len(whole))], st.sampled_from(SOUNDS), st.floats(0, 1))
    | st.builds(
        lambda whole, at, byte: whole[: at % len(whole)] + bytes([byte]) + whole[at % len(whole) + 1 :],
        st.sampled_from(SOUNDS), st.integers(0, 10_000), st.integers(0, 255),
    )
)  # fmt: skip
PARTS = st.sampled_from(["recordings", "predictions", "nursery", "..", "", "a b", "%2e%2e", "x" * 90, "s1", "\n", "ü"])
NAMES = (
    st.just("recordings/nursery/s1.flac")
    | st.text(max_size=60)
    | st.lists(PARTS, max_size=5).map("/".join)
    | st.builds(lambda a, b, c: f"recordings/{a}/{b}{c}", PARTS, PARTS, st.sampled_from([".flac", ".wav", ".mp3", ""]))
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
METADATA = st.dictionaries(
    st.sampled_from(["device", "segment", "start_s", "hops", "schema", "other"]),
    SCALARS | st.sampled_from(["1", "5", "nursery", "s1", "1e400", "-1"]), max_size=6,
)  # fmt: skip
GOOD = {"bucket": "b", "name": "recordings/nursery/s1.flac", "size": "60000", "contentType": "audio/flac"}
FIELDS = st.fixed_dictionaries(
    {}, optional={"name": NAMES, **dict.fromkeys(("size", "contentType", "metadata", "bucket", "generation"), SCALARS)}
)
DATA = st.one_of(
    SCALARS,
    FIELDS,
    FIELDS.map(lambda fields: GOOD | fields),
    NAMES.map(lambda name: GOOD | {"name": name}),
    METADATA.map(lambda metadata: GOOD | {"metadata": metadata}),
    st.just(GOOD),
)


class Shelf:
    """A bucket in memory."""

    def __init__(self, name: str, content: bytes) -> None:
        self.objects = {name: content}
        self.written: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []

    def read(self, _bucket: str, name: str, _generation: int | None, most_bytes: int) -> bytes | None:
        found = self.objects.get(name)
        if found is not None and len(found) > most_bytes:
            raise bucket.TooLarge(f"it has more than {most_bytes} bytes")
        return found

    def write_once(self, _bucket: str, name: str, answer: dict[str, Any]) -> bool:
        json.dumps(answer, allow_nan=False)
        return self.written.setdefault(name, answer) is answer

    def delete(self, _bucket: str, name: str, _generation: int | None) -> None:
        self.deleted.append(name)


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_event_raises_and_nothing_is_written_elsewhere(count: int) -> None:
    seen: Counter[str] = Counter()
    _many(count, seen)
    assert seen["examples"] >= count
    assert min(seen["windows"], seen["error"], seen["left alone"]) > count / 100, seen


def _many(count: int, seen: Counter[str]) -> None:
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(DATA, CONTENT)
    def each(data: Any, content: bytes) -> None:
        _try(data, content, seen)

    each()


def _try(data: Any, content: bytes, seen: Counter[str]) -> None:
    name = data.get("name", "") if isinstance(data, dict) else ""
    store = Shelf(name, content)
    with pytest.MonkeyPatch.context() as patch:
        for each in ("read", "write_once", "delete"):
            patch.setattr(bucket, each, getattr(store, each))
        function.score_recording(CloudEvent({**ATTRIBUTES, "time": datetime.now(UTC).isoformat()}, data))
    assert all(ANSWER_PLACE.fullmatch(each) for each in store.written)
    assert store.deleted == ([name] if store.written else [])
    for place, answer in store.written.items():
        assert name.startswith("recordings/")
        device, segment = name.split("/")[1], name.split("/")[2].rpartition(".")[0]
        assert place == f"predictions/{device}/{segment}.json"
        assert ("error" in answer) != ("windows" in answer)
        seen["error" if "error" in answer else "windows"] += 1
    seen["examples"] += 1
    seen["left alone"] += not store.written
