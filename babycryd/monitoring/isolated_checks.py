"""Checks of microphone, speaker, echo and model in a process of their own; arguments and results are JSON."""

import asyncio
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from babycryd.audio.measures import clips, complaint, level_dbfs
from babycryd.capture.chosen_source import source_of
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import CaptureError, Chunk, RecordingEnded
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
    """Load the shipped model, its weights of fussing and the second opinion's network; return the check's result."""
    from babycryd.detect.second_tflite import shipped_second_opinion
    from babycryd.detect.tflite import ModelError, shipped_classifier, shipped_fuss_head

    try:
        text = f"checksum {shipped_classifier().sha256[:12]} is right"
        shipped_fuss_head()
        shipped_second_opinion()
    except ModelError as error:
        return asdict(CheckResult("model", good=False, text=str(error)))
    return asdict(CheckResult("model", good=True, text=text))


def echo() -> dict[str, Any]:
    """Load the library of echo cancellation; return the check's result. Without it a cry is heard all the same."""
    from babycryd.echo.speexdsp import SpeexError, SpeexFilter

    try:
        SpeexFilter()
    except SpeexError as error:
        return asdict(CheckResult("echo", good=None, text=f"{error}; crying is heard less well while a lullaby plays"))
    return asdict(CheckResult("echo", good=True, text="what the speaker plays is taken out of the microphone's sound"))


async def _microphone(capture: dict[str, Any]) -> CheckResult:
    source = source_of(CaptureSettings(**capture))
    heard: list[Chunk] = []
    try:
        await source.open()
        async with asyncio.timeout(_RECORD_S):
            while True:
                heard += await source.read(0.25)
    except CaptureError as error:
        return CheckResult("microphone", good=False, text=str(error))
    except (TimeoutError, RecordingEnded):
        pass
    finally:
        await source.close(1.0)
    return judged(source.name, heard)


def judged(name: str, heard: list[Chunk]) -> CheckResult:
    """Return the result of the check of a microphone that has delivered these chunks."""
    sound = np.concatenate([each.samples for each in heard] or [np.zeros(1, np.float32)])
    if wrong := complaint(sound):
        return CheckResult("microphone", good=False, text=f"{name}: {wrong}")
    level = f"{name}: {level_dbfs(sound):.0f} dBFS"
    if level_dbfs(sound) > _TOO_LOUD_DBFS or clips(sound):
        return CheckResult("microphone", good=False, text=f"{level}, it clips; lower its gain (alsamixer, F4)")
    alone = heard[-1].taken_alone
    channel = f"; its channels cancel each other in their mean, so channel {alone} is taken alone" if alone else ""
    return CheckResult("microphone", good=True, text=f"{level} now{channel}")
