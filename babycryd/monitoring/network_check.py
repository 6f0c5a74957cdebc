"""Check of a network microphone: whether its stream opens, how soon, and how loud it is."""

import asyncio
import time
from dataclasses import replace
from typing import Final

from babycryd.capture.chosen_source import source_of
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.source import CaptureError, Chunk, ReadPassword
from babycryd.core.check_result import CheckResult
from babycryd.monitoring.isolated_checks import judged

_RECORD_S: Final = 1.5


async def network_microphone(capture: CaptureSettings, password: ReadPassword) -> CheckResult:
    """Open `capture.url` and listen for a moment; return the check's result, which holds no secret."""
    source = source_of(replace(capture, source="network"), password)
    heard: list[Chunk] = []
    started_s = time.monotonic()
    try:
        await source.open()
        heard += await source.read(source.traits.least_stall_s)
        opened_s = time.monotonic() - started_s
        async with asyncio.timeout(_RECORD_S):
            while True:
                heard += await source.read(0.25)
    except CaptureError as error:
        return CheckResult("microphone", good=False, text=str(error))
    except TimeoutError:
        pass
    finally:
        await source.close(1.0)
    result = judged(source.name, heard)
    return replace(result, text=f"{result.text}; the stream began after {opened_s:.1f} s") if heard else result
