"""A camera that hangs up a thousand times: heard again each time, no process and no file left, memory flat."""

from collections.abc import Callable
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


async def lose_it_again_and_again(capture: CaptureSupervisor, hang_up: Callable[[], None]) -> list[float]:
    """Hang up at the first sound of each connection, TIMES times; returns the memory at each, in MB."""
    memory_mb = list[float]()
    async with aclosing(capture.blocks()) as blocks:
        async for block in blocks:
            if isinstance(block, AudioBlock) and capture.reopened == len(memory_mb):
                memory_mb.append(rss_mb())
                if len(memory_mb) > TIMES:
                    break
                hang_up()
    return memory_mb


async def test_a_thousand_reconnects() -> None:
    sound = (0.1 * np.random.default_rng(1).standard_normal(4 * RATE_HZ)).astype(np.float32)
    before = left_behind()
    async with serving({"/": Page(sound_file(sound, RATE_HZ, "WAV"))}) as server:
        settings = CaptureSettings(url=f"http://127.0.0.1:{server.port}/", reopen_first_s=0.1, reopen_longest_s=0.1)
        capture = CaptureSupervisor(settings, Bus())
        async with patient(6 * 3600):
            memory_mb = await lose_it_again_and_again(capture, server.hang_up)
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
