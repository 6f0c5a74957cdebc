"""A camera that hangs up a thousand times: heard again each time, no process and no file left, memory flat."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from babycryd.audio.block import AudioBlock
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.system.vitals import rss_mb
from tests.support.fast_daemon import seen
from tests.support.patience import patient
from tests.support.stream_server import Page, serving, sound_file

pytestmark = pytest.mark.slow

TIMES = 1_000
SETTLED = 100  # times, after which memory may not grow any more
RATE_HZ = 16_000


def left_behind() -> tuple[int, int]:
    """Children of this process, zombies too, and its open files."""
    children = [
        child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return len(children), len(list(Path("/proc/self/fd").iterdir()))


async def listen(capture: CaptureSupervisor, hang_up: Callable[[], None], count: Callable[[], Awaitable[bool]]) -> None:
    """Hang up whenever a second of sound has come, until `count` says that it is enough."""
    heard = 0
    async with aclosing(capture.blocks()) as blocks:
        async for block in blocks:
            heard += len(block.samples) if isinstance(block, AudioBlock) else 0
            if heard >= RATE_HZ:
                heard = 0
                hang_up()
                if await count():
                    return


async def test_a_thousand_reconnects() -> None:
    sound = (0.1 * np.random.default_rng(1).standard_normal(30 * RATE_HZ)).astype(np.float32)
    before, memory_mb = left_behind(), list[float]()
    async with serving({"/": Page(sound_file(sound, RATE_HZ, "WAV"))}) as server:
        settings = CaptureSettings(url=f"http://127.0.0.1:{server.port}/", reopen_first_s=0.1, reopen_longest_s=0.1)
        capture = CaptureSupervisor(settings, Bus())

        async def count() -> bool:
            memory_mb.append(rss_mb())
            return len(memory_mb) > TIMES

        async with patient(6 * 3600):
            await listen(capture, server.hang_up, count)
        assert capture.reopened == TIMES
        assert capture.deaf is None
    after = left_behind()
    seen(
        f"{TIMES} reconnects: {memory_mb[SETTLED]:.1f} MB after {SETTLED}, {memory_mb[-1]:.1f} MB at the end; "
        f"processes {before[0]} and {after[0]}, files {before[1]} and {after[1]}"
    )
    assert after[0] == before[0]
    assert after[1] <= before[1]
    assert memory_mb[-1] - memory_mb[SETTLED] < 2
