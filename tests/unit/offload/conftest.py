"""A bucket, and the road to it that can be broken, for the tests of the offloader."""

from collections.abc import Iterator

import pytest

from tests.support.cloud import Storage
from tests.support.fakes.bad_network import BadRoad


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    with Storage() as running:
        yield running


@pytest.fixture
def road(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[BadRoad]:
    for name in storage.names():  # what another test has left
        storage.bucket.blob(name).delete()
    with BadRoad(storage.url) as running:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", running.url)
        yield running
