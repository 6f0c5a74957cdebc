"""The key to the bucket: where it comes from, and what is said of a bad one."""

import json
import sys

import pytest

from babycryd.offload.bucket import Bucket, BucketError


@pytest.mark.parametrize(
    "key", ["no JSON", "{}", "[]", '"x"', json.dumps({"type": "service_account", "client_email": "x@y"})]
)
def test_what_is_no_key_is_told_so_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    with pytest.raises(BucketError, match=r"offload\.key_file is no service account's key") as refused:
        Bucket("our-bucket", key).get("predictions/nursery/x.json", 1.0)
    assert not refused.value.transient
    assert "client_email" not in str(refused.value)


def test_without_the_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.storage", None)
    with pytest.raises(BucketError, match=r"pip install 'babycryd\[cloud\]'"):
        Bucket("our-bucket", None).get("x", 1.0)
