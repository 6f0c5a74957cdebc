"""Checks of microphone, speaker and model that run in a process of their own; arguments and results are JSON."""

import asyncio
from dataclasses import asdict
from typing import Any, Final

from babycryd.core.check_result import CheckResult

_RECORD_S: Final = 1.5
_TOO_LOUD_DBFS: Final = -3.0


def microphone(capture: dict[str, Any]) -> dict[str, Any]:
    """Listen for a moment to the source of these `capture` settings; return the check's result."""
    return asdict(asyncio.run(_microphone(capture)))


def speaker(name: str | None) -> dict[str, Any]:
    """Open this speaker, or the default one; return the check's result."""
    from babycryd.soothe.mixer import Mixer
    from babycryd.soothe.player import PlayerError

    try:
        Mixer(name).check()
    except PlayerError as error:
        return asdict(CheckResult("speaker", good=False, text=str(error)))
    return asdict(CheckResult("speaker", good=True, text=f"{name or 'the default speaker'} opens"))


def model() -> dict[str, Any]:
    """Load the shipped model; return the check's result."""
    from babycryd.detect.tflite import ModelError, shipped_classifier

    try:
        text = f"checksum {shipped_classifier().sha256[:12]} is right"
    except ModelError as error:
        return asdict(CheckResult("model", good=False, text=str(error)))
    return asdict(CheckResult("model", good=True, text=text))


async def _microphone(capture: dict[str, Any]) -> CheckResult:
    import numpy as np

    from babycryd.audio.measures import clips, complaint
    from babycryd.capture.settings import CaptureSettings
    from babycryd.capture.source import CaptureError, RecordingEnded
    from babycryd.capture.supervisor import source_of

    source = source_of(CaptureSettings(**capture))
    heard = []
    try:
        await source.open()
        async with asyncio.timeout(_RECORD_S):
            while True:
                heard += [chunk.samples for chunk in await source.read(0.25)]
    except CaptureError as error:
        return CheckResult("microphone", good=False, text=str(error))
    except (TimeoutError, RecordingEnded):
        pass
    finally:
        await source.close(1.0)
    sound = np.concatenate(heard or [np.zeros(1, np.float32)])
    if wrong := complaint(sound):
        return CheckResult("microphone", good=False, text=f"{source.name}: {wrong}")
    level_dbfs = 10 * np.log10(np.mean(sound.astype(float) ** 2))
    if level_dbfs > _TOO_LOUD_DBFS or clips(sound):
        text = f"{source.name}: {level_dbfs:.0f} dBFS, it clips; lower its gain (alsamixer, F4)"
        return CheckResult("microphone", good=False, text=text)
    return CheckResult("microphone", good=True, text=f"{source.name}: {level_dbfs:.0f} dBFS now")
