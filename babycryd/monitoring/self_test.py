"""Self-test: plays a probe signal and searches for it in the recording of the microphone."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from babycryd.audio.format import SAMPLE_RATE_HZ
from babycryd.audio.measures import complaint, level_dbfs
from babycryd.core.bus import Bus
from babycryd.core.command_values import CommandError
from babycryd.core.commands import Command, CommandResult, PlayTestTone
from babycryd.core.events import SelfTested, SelfTestVerdict
from babycryd.engine.detection_engine import DetectionEngine
from babycryd.monitoring.probe_signal import CHIRP, NOTHING, TONE, TONE_PEAK, Found, Sweep, find
from babycryd.soothe.controller import SoothingController
from babycryd.soothe.strategy import Track

SIGNAL_S: Final = 3.0  # length of the latest sound that is checked
STEPS_DB: Final = (-12.0, -6.0, 0.0, 0.0)  # of the chirps, the softest first; the last one repeats the loudest
_PLAYED_RATE_HZ: Final = 44_100
_STAMP_S: Final = 0.1  # accuracy of a block's time
_SILENCE_S: Final = 1.0  # after the signal; the player fades out in it
_NOT_HEARD: Final = "was not heard (is the speaker off, or away from the microphone?)"
_ECHO_S: Final = 0.7  # the longest way through speaker, room and microphone


@dataclass(frozen=True, slots=True)
class _Played:
    """The result of playing a sweep."""

    peak_dbfs: float
    found: Found
    delay_s: float  # from the call to play until the sound is recorded
    level_dbfs: float | None  # of the whole recording; None: it is silent

    @property
    def echo_db(self) -> float | None:
        """Recorded level relative to the played one, below 0; None: not found."""
        gain = self.found.gain / 10 ** (self.peak_dbfs / 20)
        return 20 * float(np.log10(gain)) if gain > 0 else None


class SelfTest:
    """Self-test of microphone and speaker, one test at a time."""

    EXECUTES: tuple[type[Command], ...] = (PlayTestTone,)

    def __init__(self, engine: DetectionEngine, soothing: SoothingController, bus: Bus) -> None:
        self._engine = engine
        self._soothing = soothing
        self._bus = bus
        self._lock = asyncio.Lock()
        self.on_heard: Callable[[float], None] = lambda _: None  # told the stream time at which a signal's start came

    async def execute(self, _: PlayTestTone) -> CommandResult:
        """Play the test tone for the owner, which takes two seconds, and publish the result. Raises CommandError."""
        if self._lock.locked():
            raise CommandError("a test is running already")
        async with self._lock:
            played = await self._play(TONE, TONE_PEAK * self._soothing.volume)
        heard = played.found.likeness >= TONE.threshold
        tested = _passed(self._engine, played) if heard else self.check_signal(f"the tone {_NOT_HEARD}")
        self._bus.publish(tested)
        microphone = "deaf" if played.level_dbfs is None else "heard the tone" if heard else "did not hear the tone"
        return {
            "speaker": "played",
            "microphone": microphone,
            "likeness": round(played.found.likeness, 2),
            "level_dbfs": played.level_dbfs,
            "delay_s": tested.delay_s,
            "echo_db": tested.echo_db,
            "verdict": tested.verdict,
            "text": tested.text,
        }

    async def probe(self, loudest_dbfs: float) -> SelfTested:
        """Play chirps, the softest first, until one is found; where none is, judge the signal alone."""
        async with self._lock:
            why = self._soothing.silent_because()
            if why is None:
                why = f"the chirp {_NOT_HEARD}"
                try:
                    for step_db in STEPS_DB:
                        played = await self._play(CHIRP, 10 ** ((loudest_dbfs + step_db) / 20))
                        if played.found.likeness >= CHIRP.threshold:
                            return _passed(self._engine, played)
                except CommandError as error:
                    why = str(error)
        return self.check_signal(why)

    def check_signal(self, why: str) -> SelfTested:
        """Judge the microphone by its signal alone; `why`: the reason for leaving out the speaker."""
        samples = self._last_sound()
        trouble = self._engine.liveness().reason or (complaint(samples) if len(samples) else "nothing was heard")
        if trouble:
            return _tested(self._engine, "failed", trouble, level_dbfs=_level_dbfs(samples))
        text = f"not proven by the speaker: {why}; the microphone does hear a room"
        return _tested(self._engine, "not_proven", text, level_dbfs=_level_dbfs(samples))

    async def _play(self, sweep: Sweep, peak: float) -> _Played:
        """Play a sweep at this peak, or as loud as the lullaby's volume allows. Raises CommandError."""
        volume = self._soothing.volume
        if volume == 0:
            raise CommandError("the speaker's volume is 0")
        amplitude = min(1.0, peak / volume)
        try:
            with tempfile.TemporaryDirectory(prefix="babycryd-test-") as folder:
                path = Path(folder) / "test.wav"
                await asyncio.to_thread(_write, path, amplitude * sweep.samples(_PLAYED_RATE_HZ))
                start_s = self._engine.now_s
                await self._soothing.play_once(Track("test tone", path), sweep.lasts_s + 0.1)
                await asyncio.sleep(_ECHO_S)
        except OSError as error:  # such as a full disk
            raise CommandError(f"the sound cannot be written to a file: {error.strerror or error}") from error
        heard = self._engine.ring.slice(start_s - _STAMP_S, self._engine.ring.end_s)
        peak_dbfs = 20 * float(np.log10(amplitude * volume))
        if heard is None or not heard.samples.any():
            return _Played(peak_dbfs, NOTHING, 0.0, None)
        found = await asyncio.to_thread(find, heard.samples, sweep, SAMPLE_RATE_HZ)
        if found.likeness >= sweep.threshold:
            self.on_heard(heard.start_s + found.at_s)
        delay_s = max(0.0, heard.start_s + found.at_s - start_s)
        return _Played(peak_dbfs, found, delay_s, _level_dbfs(heard.samples))

    def _last_sound(self) -> NDArray[np.float32]:
        ring = self._engine.ring
        heard = ring.slice(ring.end_s - SIGNAL_S, ring.end_s)
        return np.zeros(0, np.float32) if heard is None else heard.samples


def _passed(engine: DetectionEngine, played: _Played) -> SelfTested:
    echo_db = played.echo_db or 0.0
    text = f"the microphone hears the speaker, {-echo_db:.0f} dB below what was played, {played.delay_s:.2f} s later"
    return _tested(engine, "heard", text, played=played, level_dbfs=played.level_dbfs)


def _tested(
    engine: DetectionEngine,
    verdict: SelfTestVerdict,
    text: str,
    *,
    played: _Played | None = None,
    level_dbfs: float | None = None,
) -> SelfTested:
    return SelfTested(
        at_s=engine.now_s,
        utc_s=time.time(),
        verdict=verdict,
        text=text,
        level_dbfs=level_dbfs,
        played_dbfs=None if played is None else round(played.peak_dbfs, 1),
        echo_db=None if played is None or played.echo_db is None else round(played.echo_db, 1),
        delay_s=None if played is None else round(played.delay_s, 2),
    )


def _level_dbfs(samples: NDArray[np.float32]) -> float | None:
    if not samples.any():
        return None
    return round(level_dbfs(samples), 1)


def _write(path: Path, sound: NDArray[np.float64]) -> None:
    import wave

    silence = np.zeros(round(_SILENCE_S * _PLAYED_RATE_HZ))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, _PLAYED_RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((np.concatenate([sound, silence]) * 32767).round().astype("<i2").tobytes())
