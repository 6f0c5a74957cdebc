"""The sound test: play the tone, and look for it in what the microphone heard meanwhile."""

import asyncio
import tempfile
import wave
from pathlib import Path
from typing import Final

import numpy as np

from babycryd.capture.ring import RingBuffer
from babycryd.detect.features import SAMPLE_RATE_HZ
from babycryd.listen import Listener
from babycryd.orders import Answer, OrderError
from babycryd.soothe.policy import Track
from babycryd.soothe.soother import Soother
from babycryd.tone import HEARD, LENGTH_S, likeness, tone

_PLAYED_RATE_HZ: Final = 44_100
_SILENCE_S: Final = 1.0  # behind the tone, in which it is faded
_ECHO_S: Final = 0.7  # the longest way through speaker, room and microphone


class SelfTest:
    """One at a time."""

    def __init__(self, listener: Listener, soother: Soother) -> None:
        self._listener = listener
        self._soother = soother
        self._busy = False

    async def run(self) -> Answer:
        """About two seconds. Raises OrderError where nothing can be played."""
        if self._busy:
            raise OrderError("a test is running already")
        self._busy = True
        try:
            with tempfile.TemporaryDirectory(prefix="babycryd-test-") as folder:
                return await self._run(Path(folder) / "test tone.wav")
        finally:
            self._busy = False

    async def _run(self, path: Path) -> Answer:
        _write(path)
        start_s = self._listener.now_s
        await self._soother.play_once(Track("test tone", path), LENGTH_S + 0.1)
        await asyncio.sleep(_ECHO_S)
        return {"speaker": "played", **await asyncio.to_thread(_found, self._listener.ring, start_s)}


def _found(ring: RingBuffer, start_s: float) -> Answer:
    heard = ring.slice(start_s, ring.end_s)
    if heard is None or not heard.samples.any():
        return {"microphone": "deaf", "likeness": 0.0, "level_dbfs": None, "delay_s": None}
    found, at_s = likeness(heard.samples, SAMPLE_RATE_HZ)
    rms = float(np.sqrt(np.mean(heard.samples.astype(float) ** 2)))
    return {
        "microphone": "heard the tone" if found >= HEARD else "did not hear the tone",
        "likeness": round(found, 2),
        "level_dbfs": round(20 * np.log10(max(rms, 1e-6)), 1),
        "delay_s": round(heard.start_s + at_s - start_s, 2) if found >= HEARD else None,
    }


def _write(path: Path) -> None:
    sound = np.concatenate([tone(_PLAYED_RATE_HZ), np.zeros(round(_SILENCE_S * _PLAYED_RATE_HZ), np.float32)])
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, _PLAYED_RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((sound * 32767).astype("<i2").tobytes())
