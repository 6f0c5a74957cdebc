"""Upload of one piece to the bucket, and the download of its answer."""

import asyncio
import io
from dataclasses import replace
from typing import Final

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.detect.scoring import Piece
from babycryd.offload.bucket import Bucket, BucketError
from babycryd.offload.ledger import LedgerEntry
from babycryd.offload.response import SCHEMA, Response, read_response
from babycryd.system.worker_thread import WorkerThread

_FIRST_POLL_S, _POLL_GROWS, _LONGEST_POLL_S = 0.1, 1.4, 0.5
_RETRY_S: Final = 0.3


class Upload:
    """Upload of one piece: puts it into the bucket and polls for its answer, until the caller's time limit."""

    def __init__(self, bucket: Bucket, worker: WorkerThread, piece: Piece, entry: LedgerEntry, limit_s: float) -> None:
        """`worker`: a thread for this piece alone; `limit_s`: of a single request."""
        self.entry = entry  # with what has happened so far
        self.trouble = ""  # a passing failure, empty without one
        self._bucket = bucket
        self._worker = worker
        self._piece = piece
        self._limit_s = limit_s

    async def deliver(self, device_id: str, content: bytes) -> Response:
        """Send the piece as `content`, FLAC; return its answer. Raises BucketError, ResponseError, TimeoutError."""
        piece = self.entry.segment
        metadata = {
            "device": device_id,
            "segment": piece,
            "start_s": f"{self._piece.start_s:.4f}",
            "hops": str(self._piece.n_hops),
            "schema": str(SCHEMA),
        }
        name, wanted = f"recordings/{device_id}/{piece}.flac", f"predictions/{device_id}/{piece}.json"
        await self._put(name, content, metadata)
        pause_s = _FIRST_POLL_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * _POLL_GROWS, _LONGEST_POLL_S)
            payload = await self._fetch(wanted)
            if payload is not None:
                self.entry = replace(self.entry, answer_bytes=len(payload))
                return read_response(payload, piece, self._piece)

    async def _put(self, name: str, content: bytes, metadata: dict[str, str]) -> None:
        """Put the piece; `entry.stored` stays true unless every try was refused: an abandoned try may have arrived."""
        arrived = False  # as far as is known
        while True:
            self.entry = replace(self.entry, stored=True)
            try:
                await self._worker.call(lambda: self._bucket.put(name, content, metadata, self._limit_s), self._limit_s)
            except BucketError as error:
                if error.exists and self.trouble:  # an earlier try arrived, though its answer did not
                    return
                arrived = arrived or error.exists or not error.refused
                self.entry = replace(self.entry, stored=arrived)
                await self._wait_or_raise(error)
            else:
                return

    async def _fetch(self, wanted: str) -> bytes | None:
        """Return the answer; None where there is none yet."""
        while True:
            self.entry = replace(self.entry, reads=self.entry.reads + 1)
            try:
                return await self._worker.call(lambda: self._bucket.get(wanted, self._limit_s), self._limit_s)
            except BucketError as error:
                await self._wait_or_raise(error)

    async def _wait_or_raise(self, error: BucketError) -> None:
        """Wait out a passing failure; raise a lasting one."""
        if not error.transient:
            raise error
        self.trouble = str(error)
        await asyncio.sleep(_RETRY_S)


def encode(piece: Piece) -> bytes:
    """Return the piece as FLAC, 16 bits: 3/4 of PCM's bytes for half a millisecond of CPU (benchmarks/offload.py)."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, piece.samples, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    return file.getvalue()
