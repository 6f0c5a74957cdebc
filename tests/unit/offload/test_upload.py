"""What the ledger is told of a recording without a confirmation."""

from collections.abc import Mapping

import pytest

from babycryd.offload.bucket import Bucket, BucketError
from babycryd.offload.ledger import LedgerEntry
from babycryd.offload.upload import Upload
from babycryd.system.worker_thread import WorkerThread
from tests.support.cloud import BUCKET
from tests.support.offloading import piece

BUSY = BucketError("the bucket answers 429", transient=True)
LOST = BucketError("the cloud cannot be reached", transient=True, refused=False)  # its answer, perhaps
NO = BucketError("the bucket answers 403", transient=False)


class ScriptedBucket(Bucket):
    """It meets one trouble after another."""

    def __init__(self, *troubles: BucketError) -> None:
        super().__init__(BUCKET, None)
        self._troubles = list(troubles)

    def put(self, name: str, content: bytes, metadata: Mapping[str, str], limit_s: float) -> None:
        raise self._troubles.pop(0)


@pytest.mark.parametrize(
    ("troubles", "stored"), [((NO,), False), ((BUSY, NO), False), ((LOST, NO), True), ((LOST, BUSY, NO), True)]
)
async def test_what_may_have_arrived_once_counts_as_stored(
    troubles: tuple[BucketError, ...], *, stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babycryd.offload.upload._RETRY_S", 0.0)
    worker = WorkerThread("test")
    try:
        entry = LedgerEntry("s1", 0.0, "cpu", 1.0, 3)
        upload = Upload(ScriptedBucket(*troubles), worker, piece(), entry, 1.0)
        with pytest.raises(BucketError, match="403"):
            await upload.deliver("nursery", b"abc")
    finally:
        worker.end()
    assert upload.entry.stored is stored
