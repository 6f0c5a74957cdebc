"""Source of the demo: a recording in which the daemon's own speaker is heard, too."""

from dataclasses import replace

import numpy as np

from babycryd.capture.recording import RecordingSource
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import Chunk
from babycryd.core.echo_reference import EchoReference
from babycryd.demo.speaker import HeardSpeaker


class DemoSource(RecordingSource):
    """`Source` and `SimulatedRoom`: the night as recorded, and in it what the speaker plays just now."""

    traits = replace(RecordingSource.traits, hears_speaker=True)

    def __init__(self, settings: CaptureSettings) -> None:
        super().__init__(settings)
        self._speaker: HeardSpeaker | None = None  # None: its echo is not cancelled, so it is not heard either
        self._first = 0  # stream time of the next sample, in samples

    def hear(self, reference: EchoReference) -> None:
        self._speaker = HeardSpeaker(reference)

    async def read(self, timeout_s: float) -> list[Chunk]:
        chunks = await super().read(timeout_s)
        return chunks if self._speaker is None else [self._with_speaker(chunk, self._speaker) for chunk in chunks]

    def _with_speaker(self, chunk: Chunk, speaker: HeardSpeaker) -> Chunk:
        n = len(chunk.samples)
        heard = chunk.samples + speaker.heard(self._first, n)
        self._first += n
        return replace(chunk, samples=np.clip(heard, -1, 1))
