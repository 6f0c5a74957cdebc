"""Google Cloud Storage of the emulator, for the tests of the training in the cloud."""

from collections.abc import Iterator

import pytest

from tests.support.cloud import Storage


@pytest.fixture(scope="module")
def cloud() -> Iterator[Storage]:
    with Storage() as storage:
        yield storage


@pytest.fixture
def storage(cloud: Storage, monkeypatch: pytest.MonkeyPatch) -> Storage:
    """An empty bucket."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.url)
    for name in cloud.names():
        cloud.bucket.blob(name).delete()
    return cloud
